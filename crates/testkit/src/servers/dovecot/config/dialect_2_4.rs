//! What only Dovecot 2.4 understands.

use super::Config;
use crate::servers::process::is_root;

impl Config<'_> {
    /// What is for LMTP comes before what is for all, so a recipient is looked for without the domain first.
    pub(super) fn in_2_4(&self) -> String {
        let directory = self.directory.display();
        format!(
            "dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
ssl_server_cert_file = {chain}
ssl_server_key_file = {key}
auth_allow_cleartext = no
auth_username_chars =
login_log_format_elements = user=<%{{user}}> auth=<%{{auth_user}}> method=%{{mechanism}} rip=%{{remote_ip}} \
             session=<%{{session}}> %{{secured}}
mail_driver = maildir
mail_path = ~/Maildir
service imap-login {{
  restart_request_count = unlimited
}}
passdb masters {{
  driver = passwd-file
  passwd_file_path = {directory}/masters
  master = yes
  result_success = continue
}}
passdb users {{
  driver = passwd-file
  passwd_file_path = {directory}/users
}}
userdb users {{
  driver = passwd-file
  passwd_file_path = {directory}/users
  fields {{
{owner}    home = {directory}/mail/%{{user}}
  }}
}}
protocol lmtp {{
  userdb local_parts {{
    driver = passwd-file
    passwd_file_path = {directory}/users
    auth_username_format = %{{user | username | lower}}
    fields {{
{owner}    user = %{{user | username | lower}}
    home = {directory}/mail/%{{user | username | lower}}
    }}
  }}
}}
mail_plugins {{
  quota = yes
}}
quota_storage_grace = 0
quota \"User quota\" {{
}}
",
            chain = self.identity.chain_file().display(),
            key = self.identity.key_file().display(),
            owner = if is_root() {
                "    uid = mail\n    gid = mail\n"
            } else {
                ""
            },
        )
    }
}

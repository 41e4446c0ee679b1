//! What only Dovecot 2.3 understands.

use super::Config;
use crate::servers::process::is_root;

impl Config<'_> {
    /// What is for LMTP comes before what is for all, so a recipient is looked for without the domain first.
    pub(super) fn in_2_3(&self) -> String {
        let directory = self.directory.display();
        format!(
            "ssl_cert = <{chain}
ssl_key = <{key}
disable_plaintext_auth = yes
auth_username_chars =
login_log_format_elements = user=<%u> auth=<%{{auth_user}}> method=%m rip=%r session=<%{{session}}> %c
mail_location = maildir:~/Maildir
service imap-login {{
  service_count = 0
}}
passdb {{
  driver = passwd-file
  args = {directory}/masters
  master = yes
  result_success = continue
}}
passdb {{
  driver = passwd-file
  args = {directory}/users
}}
userdb {{
  driver = passwd-file
  args = {directory}/users
  default_fields = {owner} home={directory}/mail/%u
}}
protocol lmtp {{
  userdb {{
    driver = passwd-file
    args = username_format=%Ln {directory}/users
    default_fields = {owner} home={directory}/mail/%Ln
    override_fields = user=%Ln
  }}
}}
mail_plugins = quota
plugin {{
  quota = count:User quota
  quota_vsizes = yes
  quota_grace = 0
}}
",
            chain = self.identity.chain_file().display(),
            key = self.identity.key_file().display(),
            owner = if is_root() { "uid=mail gid=mail" } else { "" },
        )
    }
}

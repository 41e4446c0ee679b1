"""Reads and sends mail with Thunderbird, without a window. Needs marionette_driver, see scripts/try-thunderbird.

Arguments: the ports for IMAP with TLS, SMTP with TLS and SMTP with STARTTLS, CA file, file of a text, file to attach.
Prints what it read, and what became of what it sent.
"""

import base64
import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile

from marionette_driver.marionette import Marionette

IMAP, SMTPS, SUBMISSION = (int(port) for port in sys.argv[1:4])
CA_FILE, TEXT, PHOTO = sys.argv[4:7]
LIMIT = 120


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def preferences(marionette):
    """An account with two identities: one sends with TLS at once (3), the other by STARTTLS (2)."""
    yield from {
        "marionette.port": marionette,
        "mail.accountmanager.accounts": "account1",
        "mail.accountmanager.defaultaccount": "account1",
        "mail.account.account1.server": "server1",
        "mail.account.account1.identities": "id1,id2",
        "mail.server.server1.type": "imap",
        "mail.server.server1.hostname": "localhost",
        "mail.server.server1.port": IMAP,
        "mail.server.server1.userName": "alice",
        "mail.server.server1.socketType": 3,
        "mail.server.server1.authMethod": 3,
        "mail.smtpservers": "smtp1,smtp2",
        "mail.smtp.defaultserver": "smtp1",
        # Nothing is to leave this machine.
        "network.proxy.type": 1,
        "network.proxy.http": "127.0.0.1",
        "network.proxy.http_port": 9,
        "network.proxy.ssl": "127.0.0.1",
        "network.proxy.ssl_port": 9,
        "app.update.enabled": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        "mailnews.start_page.enabled": False,
        "mail.provider.suppress_dialog_on_startup": True,
        "mail.spotlight.firstRunDone": True,
    }.items()
    for number, port, security in ((1, SMTPS, 3), (2, SUBMISSION, 2)):
        yield f"mail.smtpserver.smtp{number}.hostname", "localhost"
        yield f"mail.smtpserver.smtp{number}.port", port
        yield f"mail.smtpserver.smtp{number}.username", "alice"
        yield f"mail.smtpserver.smtp{number}.try_ssl", security
        yield f"mail.smtpserver.smtp{number}.authMethod", 3
        yield f"mail.identity.id{number}.fullName", "Alice"
        yield f"mail.identity.id{number}.useremail", "alice@example.org"
        yield f"mail.identity.id{number}.smtpServer", f"smtp{number}"
        yield f"mail.identity.id{number}.valid", True
        yield f"mail.identity.id{number}.fcc", True
        yield f"mail.identity.id{number}.fcc_folder", "imap://alice@localhost/Sent"


# Each of them gets a function as its last argument, to tell how it went.

PREPARE = """
const [certificate, done] = arguments;
const database = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
database.addCertFromBase64(certificate, "C,,");
(async () => {
  for (const origin of ["imap://localhost", "smtp://localhost"]) {
    const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
    login.init(origin, null, origin, "alice", "wonderland", "", "");
    await Services.logins.addLoginAsync(login);
  }
})().then(() => done(null), error => done(String(error)));
"""

READ = """
const [done] = arguments;
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
const root = MailServices.accounts.getAccount("account1").incomingServer.rootFolder;

function updated(folder) {
  return new Promise((resolve, reject) => folder.updateFolderWithListener(null, {
    OnStartRunningUrl() {},
    OnStopRunningUrl(url, status) { status ? reject(new Error("update: " + status)) : resolve(); },
  }));
}

function source(folder, header) {
  const uri = folder.getUriForMsg(header);
  let octets = "";
  return new Promise((resolve, reject) => MailServices.messageServiceFromURI(uri).streamMessage(uri, {
    QueryInterface: ChromeUtils.generateQI(["nsIStreamListener", "nsIRequestObserver"]),
    onStartRequest() {},
    onDataAvailable(request, stream, offset, count) {
      const reader = Cc["@mozilla.org/binaryinputstream;1"].createInstance(Ci.nsIBinaryInputStream);
      reader.setInputStream(stream);
      octets += reader.readBytes(count);
    },
    onStopRequest(request, status) { status ? reject(new Error("read: " + status)) : resolve(octets); },
  }, null, null, false, "", false));
}

(async () => {
  const inbox = root.getChildNamed("INBOX").QueryInterface(Ci.nsIMsgImapMailFolder);
  // At first it may be busy with finding out which folders there are.
  while (!inbox.getTotalMessages(false)) {
    await updated(inbox);
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  const messages = [];
  for (const header of inbox.messages) {
    messages.push({ subject: header.mime2DecodedSubject, source: btoa(await source(inbox, header)) });
  }
  return messages;
})().then(done, error => done(String(error)));
"""

SEND = """
const [identity, subject, text, photo, done] = arguments;
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
fields.from = "Alice <alice@example.org>";
fields.to = "bob@example.org, carol@example.org";
fields.subject = subject;
const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
file.initWithPath(photo);
const attachment = Cc["@mozilla.org/messengercompose/attachment;1"].createInstance(Ci.nsIMsgAttachment);
attachment.url = Services.io.newFileURI(file).spec;
attachment.name = file.leafName;
fields.addAttachment(attachment);
const steps = [];
const listener = {
  QueryInterface: ChromeUtils.generateQI(["nsIMsgSendListener", "nsIMsgCopyServiceListener"]),
  onStartSending() {}, onSendProgress() {}, onStatus() {}, onGetDraftFolderURI() {}, onSendNotPerformed() {},
  onTransportSecurityError(id, status) { done("TLS: " + status); },
  onStopSending(id, status) { steps.push("sent " + status); if (status) done(steps.join(", ")); },
  onStartCopy() {}, onProgress() {}, setMessageKey() {}, getMessageId() { return null; },
  onStopCopy(status) { steps.push("copied " + status); done(steps.join(", ")); },
};
const send = Cc["@mozilla.org/messengercompose/send;1"].createInstance(Ci.nsIMsgSend);
send.createAndSendMessage(
  null, MailServices.accounts.getIdentity(identity), "account1", fields, false, false, Ci.nsIMsgCompDeliverMode.Now,
  null, "text/plain", text, null, null, listener, "", "", Ci.nsIMsgCompType.New
).catch(error => done(steps.concat(String(error)).join(", ")));
"""


def certificate():
    return base64.b64encode(ssl.PEM_cert_to_DER_cert(pathlib.Path(CA_FILE).read_text())).decode()


def drive(client):
    client.start_session()
    client.set_context(client.CONTEXT_CHROME)
    client.timeout.script = LIMIT

    def ask(script, *arguments):
        return client.execute_async_script(script, list(arguments), sandbox="system")

    failed = ask(PREPARE, certificate())
    messages = failed or ask(READ)
    if isinstance(messages, str):
        sys.exit(messages)
    for message in messages:
        print(message["subject"], base64.b64decode(message["source"]).hex())
    # The last line end is the boundary's.
    text = pathlib.Path(TEXT).read_text() + "\n"
    for identity in ("id1", "id2"):
        print(ask(SEND, identity, "Grüße aus Zürich ☃", text, PHOTO))


def main():
    with tempfile.TemporaryDirectory(prefix="thunderbird-") as profile:
        marionette = free_port()
        lines = (f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in preferences(marionette))
        pathlib.Path(profile, "user.js").write_text("".join(lines))
        program = ["thunderbird", "--headless", "--marionette", "--remote-allow-system-access", "--no-remote"]
        environment = dict(os.environ, HOME=profile, MOZ_HEADLESS="1")
        with open(os.path.join(profile, "output"), "w") as output:
            thunderbird = subprocess.Popen(program + ["--profile", profile], env=environment, stdout=output, stderr=output)
        try:
            drive(Marionette(host="127.0.0.1", port=marionette, startup_timeout=LIMIT))
        finally:
            thunderbird.kill()
            thunderbird.wait()


main()

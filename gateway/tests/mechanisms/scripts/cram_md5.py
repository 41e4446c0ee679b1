"""Logs in with CRAM-MD5. Arguments: IMAP port, SMTP port, CA file."""

import imaplib
import smtplib
import ssl
import sys

imap_port, smtp_port, ca_file = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
trust = ssl.create_default_context(cafile=ca_file)

for password in ("wonderland", "builder"):
    imap = imaplib.IMAP4_SSL("localhost", imap_port, ssl_context=trust)
    try:
        print(imap.login_cram_md5("alice", password)[0])
        print(imap.select("INBOX")[0])
        imap.logout()
    except imaplib.IMAP4.error as error:
        print(error)

    # Of all that is offered it takes CRAM-MD5 first, and only then the others.
    with smtplib.SMTP_SSL("localhost", smtp_port, context=trust) as smtp:
        try:
            print(smtp.login("alice", password))
        except smtplib.SMTPAuthenticationError as error:
            print(error.smtp_code, error.smtp_error)

"""Reads and writes mail with imaplib. Arguments: port, CA file."""

import imaplib
import ssl
import sys
import time

port, ca_file = int(sys.argv[1]), sys.argv[2]
trust = ssl.create_default_context(cafile=ca_file)

# The LOGIN command.
imap = imaplib.IMAP4_SSL("localhost", port, ssl_context=trust)
imap.login("alice", "wonderland")
print(imap.select("INBOX"))
print(imap.search(None, "SUBJECT", '"message 2"'))
print(len(imap.fetch("1", "(RFC822)")[1][0][1]))
message = b"Subject: from python\r\n\r\nhello {5}\r\n"
print(imap.append("INBOX", "(\\Seen)", imaplib.Time2Internaldate(time.time()), message)[0])
print(imap.uid("FETCH", "4", "(BODY.PEEK[TEXT])")[1][0][1])
print(imap.store("1", "+FLAGS", "(\\Deleted)")[0], imap.expunge())
print(imap.close()[0], imap.logout()[0])

# AUTHENTICATE PLAIN, which imaplib does without an initial response.
imap = imaplib.IMAP4_SSL("localhost", port, ssl_context=trust)
print(imap.authenticate("PLAIN", lambda _: b"\0alice\0wonderland")[0])
print(imap.status("INBOX", "(MESSAGES)"))
imap.logout()

# A wrong password.
imap = imaplib.IMAP4_SSL("localhost", port, ssl_context=trust)
try:
    imap.login("alice", "only-here")
except imaplib.IMAP4.error as error:
    print(error)

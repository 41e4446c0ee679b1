"""Sends mail with smtplib. Arguments: the port with TLS, the port with STARTTLS, CA file, file of the message."""

import smtplib
import ssl
import sys

ports, ca_file = [int(port) for port in sys.argv[1:3]], sys.argv[3]
trust = ssl.create_default_context(cafile=ca_file)
with open(sys.argv[4], "rb") as file:
    letter = file.read()
to = ["bob@example.org", "carol@example.org"]


def by_tls():
    return smtplib.SMTP_SSL("localhost", ports[0], context=trust)


def by_starttls():
    smtp = smtplib.SMTP("localhost", ports[1])
    smtp.starttls(context=trust)
    return smtp


for connect in (by_tls, by_starttls):
    # The only mechanism that it may take.
    for mechanism in ("PLAIN", "LOGIN"):
        with connect() as smtp:
            smtp.ehlo()
            smtp.user, smtp.password = "alice", "wonderland"
            answer = smtp.auth(mechanism, getattr(smtp, "auth_" + mechanism.lower()))
            print(mechanism, answer, smtp.sendmail("alice@example.org", to, letter, ["BODY=8BITMIME"]))

    # It tries one mechanism after the other.
    with connect() as smtp:
        try:
            smtp.login("alice", "only-here-1")
        except smtplib.SMTPAuthenticationError as error:
            print(error.smtp_code, error.smtp_error)

    with connect() as smtp:
        smtp.login("alice", "wonderland")
        try:
            smtp.sendmail("bob@example.org", to, letter)
        except smtplib.SMTPSenderRefused as error:
            print(error.smtp_code, error.smtp_error)

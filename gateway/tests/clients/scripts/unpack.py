"""Takes a message apart. Argument: its file. Prints its subject, its text, and the name and octets of what is attached."""

import email
import email.policy
import sys

with open(sys.argv[1], "rb") as file:
    message = email.message_from_binary_file(file, policy=email.policy.default)
text, attached = message.iter_parts()
print(message["Subject"])
print(text.get_payload(decode=True).replace(b"\r\n", b"\n").hex())
print(attached.get_filename())
print(attached.get_payload(decode=True).hex())

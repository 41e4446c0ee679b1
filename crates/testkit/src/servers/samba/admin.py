"""Changes a directory of Samba in place, as a domain's administrator does.

Reads one order a line from standard input: a verb and its words, each in base64. Writes what `get` and `sid` ask for.
"""

import base64
import os
import sys
import time

# A test's directory need not survive a power cut. Read when the database is opened.
os.environ["TDB_NO_FSYNC"] = "1"

import ldb
from samba.auth import system_session
from samba.dcerpc import dnsp, security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

# Flags of userAccountControl (MS-ADTS 2.2.16).
DISABLED, NORMAL, WORKSTATION = 0x2, 0x200, 0x1000
# Lets a time be set that is not now (Samba's own).
BYPASS_PASSWORD_HASH = "local_oid:1.3.6.1.4.1.7165.4.3.12:0"
LONG_AGO = 125911584000000000  # 2000-01-01 in FILETIME

parameters = LoadParm()
parameters.load(sys.argv[1])
directory = SamDB(session_info=system_session(), lp=parameters)
base = str(directory.domain_dn())


def now():
    return int(time.time() * 10_000_000) + 116444736000000000


def entry(name):
    filter = "(sAMAccountName=%s)" % ldb.binary_encode(name)
    found = directory.search(base=base, scope=ldb.SCOPE_SUBTREE, expression=filter, attrs=["*", "badPwdCount"])
    if len(found) != 1:
        sys.exit(f"there is no account {name}")
    return found[0]


def change(dn, flag, values, controls=()):
    message = ldb.Message(dn)
    for name, value in values.items():
        message[name] = ldb.MessageElement(value, flag, name)
    directory.modify(message, list(controls))


def replace(name, *pairs, controls=()):
    change(entry(name).dn, ldb.FLAG_MOD_REPLACE, dict(zip(pairs[::2], pairs[1::2])), controls)


def create(name, kind, more):
    dn = ldb.Dn(directory, f"CN=x,CN={'Computers' if kind == 'computer' else 'Users'},{base}")
    dn.set_component(0, "CN", name.removesuffix("$"))
    directory.add({"dn": dn, "objectClass": kind, "sAMAccountName": name, **more})


def quoted(password):
    return f'"{password}"'.encode("utf-16-le")


def user(name, password, *pairs):
    more = {"userPrincipalName": f"{name}@{directory.domain_dns_name()}"}
    for attribute, value in zip(pairs[::2], pairs[1::2]):
        more.setdefault(attribute, [])
        more[attribute] = [value] if isinstance(more[attribute], str) else more[attribute] + [value]
    create(name, "user", {**more, "unicodePwd": quoted(password), "userAccountControl": str(NORMAL)})


def computer(name, password):
    create(name + "$", "computer", {"unicodePwd": quoted(password), "userAccountControl": str(WORKSTATION)})


def group(name):
    create(name, "group", {})


def join(group, member):
    change(entry(group).dn, ldb.FLAG_MOD_ADD, {"member": str(entry(member).dn)})


def leave(group, member):
    change(entry(group).dn, ldb.FLAG_MOD_DELETE, {"member": str(entry(member).dn)})


def delete(name):
    directory.delete(entry(name).dn)


def password(name, new):
    replace(name, "unicodePwd", quoted(new))


def disable(name):
    replace(name, "userAccountControl", str(int(str(entry(name)["userAccountControl"])) | DISABLED))


def enable(name):
    replace(name, "userAccountControl", str(int(str(entry(name)["userAccountControl"])) & ~DISABLED))


def must_change(name):
    replace(name, "pwdLastSet", "0")


def expire_password(name):
    replace(name, "pwdLastSet", str(LONG_AGO), controls=[BYPASS_PASSWORD_HASH])


def no_hours(name):
    replace(name, "logonHours", bytes(21))


def lock(name):
    count = directory.search(base=base, scope=ldb.SCOPE_BASE, attrs=["lockoutThreshold"])[0]["lockoutThreshold"]
    replace(name, "badPwdCount", str(count), "badPasswordTime", str(now()), "lockoutTime", str(now()))


def unlock(name):
    replace(name, "badPwdCount", "0", "lockoutTime", "0")


def lockout(threshold, seconds):
    window = str(-int(float(seconds) * 10_000_000))
    values = {"lockoutThreshold": threshold, "lockOutObservationWindow": window, "lockoutDuration": window}
    change(ldb.Dn(directory, base), ldb.FLAG_MOD_REPLACE, values)


def easy():
    """Any password will do, for ten years."""
    years = str(-3650 * 86400 * 10_000_000)
    values = {"pwdProperties": "0", "minPwdLength": "0", "minPwdAge": "0", "maxPwdAge": years}
    change(ldb.Dn(directory, base), ldb.FLAG_MOD_REPLACE, values)


def suffix(name):
    partitions = ldb.Dn(directory, f"CN=Partitions,{directory.get_config_basedn()}")
    change(partitions, ldb.FLAG_MOD_ADD, {"uPNSuffixes": name})


def address(old, new):
    """Lets the names that were at one address be at another."""
    for zones in ("DomainDnsZones", "ForestDnsZones"):
        nodes = directory.search(base=f"DC={zones},{base}", expression="(objectClass=dnsNode)", attrs=["dnsRecord"])
        for node in nodes:
            records = [ndr_unpack(dnsp.DnssrvRpcRecord, value) for value in node.get("dnsRecord", [])]
            moved = [record for record in records if record.wType == dnsp.DNS_TYPE_A and record.data == old]
            for record in moved:
                record.data = new
            if moved:
                change(node.dn, ldb.FLAG_MOD_REPLACE, {"dnsRecord": [ndr_pack(record) for record in records]})


def get(name, attribute):
    for value in entry(name).get(attribute, []):
        print(bytes(value).decode())


def dn(name):
    print(entry(name).dn)


def sid(name):
    print(ndr_unpack(security.dom_sid, entry(name)["objectSid"][0]))


VERBS = [
    user, computer, group, join, leave, delete, password, disable, enable, must_change, expire_password, no_hours,
    lock, unlock, lockout, easy, suffix, address, replace, get, dn, sid,
]  # fmt: skip

verbs = {verb.__name__: verb for verb in VERBS}
for line in sys.stdin:
    verb, *words = [base64.b64decode(word).decode() for word in line.split()]
    verbs[verb](*words)

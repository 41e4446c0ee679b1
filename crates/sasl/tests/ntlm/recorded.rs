//! Exchanges recorded of other implementations.

/// The three messages.
pub(crate) struct Recorded {
    pub(crate) negotiate: Vec<u8>,
    pub(crate) challenge: Vec<u8>,
    pub(crate) authenticate: Vec<u8>,
}

macro_rules! recorded {
    ($($name:ident $file:literal)*) => {
        $(#[allow(dead_code, reason = "not every test looks at all of them")]
        pub(crate) fn $name() -> Recorded {
            read(include_str!(concat!("../../../../testdata/ntlm/", $file)))
        })*
    };
}

recorded! {
    chromium "chromium.txt"
    curl "curl.txt"
    curl_upn "curl_upn.txt"
    fetchmail "fetchmail.txt"
    pyspnego "pyspnego.txt"
}

fn read(text: &str) -> Recorded {
    Recorded {
        negotiate: message(text, "negotiate"),
        challenge: message(text, "challenge"),
        authenticate: message(text, "authenticate"),
    }
}

/// The indented lines behind the message's name.
fn message(text: &str, name: &str) -> Vec<u8> {
    let behind = text.lines().skip_while(|line| *line != name).skip(1);
    let digits: String = behind
        .take_while(|line| line.starts_with(' '))
        .map(str::trim)
        .collect();
    hex(&digits)
}

/// Octets of hexadecimal digits.
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

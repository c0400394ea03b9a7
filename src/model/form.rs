//! The forms that texts in documents can have, each known to the published schema by its name.
//!
//! A field names its form as `format` of its JSON Schema (`#[schemars(schema_with = "..")]` with one
//! of the functions of `schemas`); reading a document checks it.

mod base64;
mod schemas;

pub(super) use base64::{decode, encode};
pub(super) use schemas::*;

use std::{net::IpAddr, str::FromStr};

use super::Duration;

/// A form that a text must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// RFC 1123 label: `orders`.
    DnsLabel,
    /// DNS labels divided by dots, at most 253 bytes: `shop.example`.
    DnsSubdomain,
    /// A DNS label that holds a letter, so that it is not taken for a port's number.
    PortName,
    /// A [`Form::PortName`] or a port's number.
    PortKey,
    /// `.` or a DNS label.
    Namespace,
    /// Host name in lower case, no address: `shop.example`.
    Hostname,
    /// Host name whose first label may be `*`.
    WildcardHostname,
    /// IPv4 or IPv6 address.
    Ip,
    /// Kubernetes label key: `version`, `example.com/tier`.
    LabelKey,
    /// Kubernetes label value.
    LabelValue,
    /// Name of an HTTP header, RFC 9110 token.
    HeaderName,
    /// Value of an HTTP header: no control characters.
    HeaderValue,
    /// As [`Duration`] reads it.
    Duration,
    /// `NAME` or `NAMESPACE/NAME`.
    ServiceName,
    /// Absolute path of a URL, without query and fragment.
    Path,
    /// Name of a value in a ConfigMap or Secret.
    DataKey,
    /// Bytes in base64, as Kubernetes reads them: padded, line ends passed over.
    Base64,
    /// JSON pointer, RFC 6901.
    JsonPointer,
}

impl Form {
    /// Every form there is.
    pub const ALL: [Self; 18] = [
        Self::DnsLabel,
        Self::DnsSubdomain,
        Self::PortName,
        Self::PortKey,
        Self::Namespace,
        Self::Hostname,
        Self::WildcardHostname,
        Self::Ip,
        Self::LabelKey,
        Self::LabelValue,
        Self::HeaderName,
        Self::HeaderValue,
        Self::Duration,
        Self::ServiceName,
        Self::Path,
        Self::DataKey,
        Self::Base64,
        Self::JsonPointer,
    ];

    /// Its name as `format` of a JSON Schema.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DnsLabel => "dns-label",
            Self::DnsSubdomain => "dns-subdomain",
            Self::PortName => "port-name",
            Self::PortKey => "port-name-or-number",
            Self::Namespace => "namespace",
            Self::Hostname => "hostname",
            Self::WildcardHostname => "wildcard-hostname",
            Self::Ip => "ip",
            Self::LabelKey => "label-key",
            Self::LabelValue => "label-value",
            Self::HeaderName => "header-name",
            Self::HeaderValue => "header-value",
            Self::Duration => "gateway-duration",
            Self::ServiceName => "service-name",
            Self::Path => "absolute-path",
            Self::DataKey => "data-key",
            // Kubernetes' own name for it, which its clients know.
            Self::Base64 => "byte",
            Self::JsonPointer => "json-pointer",
        }
    }

    /// What a text of this form looks like.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::DnsLabel => {
                "1 to 63 of a-z, 0-9 and '-', with a letter or digit first and last, as orders-v1"
            }
            Self::DnsSubdomain => {
                "DNS labels (a-z, 0-9 and '-') divided by dots, at most 253 characters, as shop.example"
            }
            Self::PortName => "a name of a-z, 0-9 and '-' with at least one letter, as http",
            Self::PortKey => "a port's name, as http, or its number",
            Self::Namespace => "a namespace's name, or '.' for the proxy's own",
            Self::Hostname => "a host name in lower case, as shop.example",
            Self::WildcardHostname => {
                "a host name in lower case, as shop.example or *.shop.example"
            }
            Self::Ip => "an IPv4 or IPv6 address, as 10.0.0.1 or fd00::1",
            Self::LabelKey => "a label key, as version or example.com/tier",
            Self::LabelValue => {
                "at most 63 of letters, digits, '-', '_' and '.', with a letter or digit first and last"
            }
            Self::HeaderName => "the name of an HTTP header, as x-request-id",
            Self::HeaderValue => "1 to 4096 bytes without control characters",
            Self::Duration => "a duration, as 15s, 1m30s or 250ms",
            Self::ServiceName => "NAME or NAMESPACE/NAME",
            Self::Path => "a path that begins with '/', without '//', '?', '#' and '/./'",
            Self::DataKey => "1 to 253 of letters, digits, '-', '_' and '.', as tls.crt",
            Self::Base64 => "bytes in base64, as Zm9v",
            Self::JsonPointer => "a JSON pointer: empty, or fields and places with '/' before each",
        }
    }

    /// Whether `text` has this form.
    #[must_use]
    pub fn fits(self, text: &str) -> bool {
        match self {
            Self::DnsLabel => is_dns_label(text),
            Self::DnsSubdomain => text.len() <= 253 && text.split('.').all(is_dns_label),
            Self::PortName => is_port_name(text),
            Self::PortKey => is_port_name(text) || is_port(text),
            Self::Namespace => text == "." || is_dns_label(text),
            Self::Hostname => is_hostname(text),
            Self::WildcardHostname => is_hostname(text.strip_prefix("*.").unwrap_or(text)),
            Self::Ip => IpAddr::from_str(text).is_ok(),
            Self::LabelKey => is_label_key(text),
            Self::LabelValue => text.is_empty() || is_label_name(text),
            Self::HeaderName => {
                (1..=256).contains(&text.len())
                    && text
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
            }
            Self::HeaderValue => {
                (1..=4096).contains(&text.len())
                    && text.bytes().all(|b| b == b'\t' || (b >= 0x20 && b != 0x7f))
            }
            Self::Duration => Duration::parse(text).is_ok(),
            Self::ServiceName => match text.split_once('/') {
                Some((namespace, name)) => is_dns_label(namespace) && is_dns_label(name),
                None => is_dns_label(text),
            },
            Self::Path => is_path(text),
            Self::DataKey => is_data_key(text),
            Self::Base64 => decode(text).is_some(),
            Self::JsonPointer => is_json_pointer(text),
        }
    }

    /// The nearest text of this form, where it can be guessed.
    #[must_use]
    pub fn mend(self, text: &str) -> Option<String> {
        let trimmed = text.trim();
        let candidate = match self {
            Self::DnsLabel | Self::PortName | Self::Namespace => trimmed
                .to_ascii_lowercase()
                .replace(['_', '.', ' '], "-")
                .trim_matches('-')
                .to_owned(),
            Self::Hostname | Self::WildcardHostname => {
                let lower = trimmed.to_ascii_lowercase();
                let host = lower.split_once("://").map_or(&*lower, |(_, rest)| rest);
                let host = host.split(['/', ':']).next().unwrap_or(host);
                host.trim_end_matches('.').to_owned()
            }
            Self::Duration if trimmed.bytes().all(|b| b.is_ascii_digit()) => format!("{trimmed}s"),
            Self::Path => {
                let mut path = format!("/{}", trimmed.trim_start_matches('/'));
                while path.contains("//") {
                    path = path.replace("//", "/");
                }
                path
            }
            _ => trimmed.to_owned(),
        };
        (candidate != text && self.fits(&candidate)).then_some(candidate)
    }

    /// The form of that name, if there is one.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }
}

fn is_dns_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let inner = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
    bytes.len() <= 63
        && bytes.iter().all(inner)
        && bytes.first().is_some_and(|b| *b != b'-')
        && bytes.last().is_some_and(|b| *b != b'-')
}

fn is_json_pointer(text: &str) -> bool {
    let escapes = || text.split('~').skip(1);
    (text.is_empty() || text.starts_with('/')) && escapes().all(|rest| rest.starts_with(['0', '1']))
}

fn is_port_name(text: &str) -> bool {
    is_dns_label(text) && text.bytes().any(|b| b.is_ascii_lowercase())
}

fn is_port(text: &str) -> bool {
    !text.starts_with(['0', '+']) && text.parse::<u16>().is_ok()
}

fn is_hostname(text: &str) -> bool {
    text.len() <= 253 && IpAddr::from_str(text).is_err() && text.split('.').all(is_dns_label)
}

fn is_label_name(text: &str) -> bool {
    let ends = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && ends(bytes.first())
        && ends(bytes.last())
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
}

fn is_label_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_hostname(prefix) && is_label_name(name),
        None => is_label_name(text),
    }
}

/// Kubernetes' rule: what can be the name of a file, and does not lead out of its directory.
fn is_data_key(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && text != "."
        && !text.starts_with("..")
}

/// Gateway API's rules for `Exact` and `PathPrefix`, and only what RFC 3986 lets stand in a path.
fn is_path(text: &str) -> bool {
    let forbidden = ["//", "/./", "/../", "%2f", "%2F"];
    (1..=1024).contains(&text.len())
        && text.starts_with('/')
        && !forbidden.iter().any(|part| text.contains(part))
        && !text.ends_with("/..")
        && !text.ends_with("/.")
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@%".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_fits_a_form_or_not() {
        let long_label = "a".repeat(63);
        let too_long = "a".repeat(64);
        let table: &[(Form, &[&str], &[&str])] = &[
            (
                Form::DnsLabel,
                &["a", "orders-v1", "0", &long_label],
                &["", "-a", "a-", "A", "a.b", "a_b", "ä", &too_long],
            ),
            (
                Form::DnsSubdomain,
                &["a", "shop.example", "10.0.0.1"],
                &["", "a..b", ".a", "A.b", "a_b"],
            ),
            (Form::PortName, &["http", "h2"], &["80", "", "Http"]),
            (
                Form::PortKey,
                &["http", "80", "65535"],
                &["0", "080", "+80", "65536", "H"],
            ),
            (Form::Namespace, &[".", "shop"], &["", "..", "Shop"]),
            (
                Form::Hostname,
                &["shop", "shop.example", "1a.example"],
                &["", "10.0.0.1", "::1", "*.a", "a..b", "a.", "A.b", "a:80"],
            ),
            (
                Form::WildcardHostname,
                &["*.a", "a.b"],
                &["*", "*.", "a.*.b", "*a.b", "*.10.0.0.1"],
            ),
            (
                Form::Ip,
                &["10.0.0.1", "::1", "fd00::1"],
                &["10.0.0", "10.0.0.01", "localhost", "[::1]", "10.0.0.1/8"],
            ),
            (
                Form::LabelKey,
                &["version", "example.com/Tier", "a_b.c"],
                &["", "/a", "a/", "a/b/c", "-a", "Ex.com/a", &too_long],
            ),
            (
                Form::LabelValue,
                &["", "v1", "1.10", "A_b"],
                &["-", "a b", "v1-", &too_long],
            ),
            (
                Form::HeaderName,
                &["x-a", "X_b"],
                &["", ":path", "a b", "a:", "ä"],
            ),
            (
                Form::HeaderValue,
                &["a b", "ä", "\t"],
                &["", "a\r\nb", "\0", "\u{7f}"],
            ),
            (Form::Duration, &["15s", "1m30s"], &["15", "1.5s", "1d"]),
            (
                Form::ServiceName,
                &["orders", "shop/orders"],
                &["", "/orders", "a/b/c", "Orders"],
            ),
            (
                Form::Path,
                &["/", "/a/b", "/a;v=1", "/%20", "/a.b"],
                &[
                    "", "a", "//", "/a//b", "/a?b", "/a#b", "/a/../b", "/a/..", "/./a", "/a b",
                    "/%2f", "/ä",
                ],
            ),
            (
                Form::DataKey,
                &["tls.crt", ".dockerconfigjson", "A_b-c", "a..b"],
                &["", ".", "..", "..a", "a/b", "a b", "ä"],
            ),
            (
                Form::Base64,
                &["", "Zm9v", "Zm9vYg==", "Zm9v\nYmFy\r\n"],
                &["Zm9", "Zm9v!", "Zm9vYg", "Zm 9v", "Zm-_"],
            ),
            (
                Form::JsonPointer,
                &["", "/", "/a/0/-", "/a~1b~0c"],
                &["a", "a/b", "/a~", "/~2", "/a~b"],
            ),
        ];
        for (form, good, bad) in table {
            for text in *good {
                assert!(form.fits(text), "{form:?} takes {text:?}");
            }
            for text in *bad {
                assert!(!form.fits(text), "{form:?} refuses {text:?}");
            }
        }
        assert_eq!(table.len(), Form::ALL.len());
    }

    #[test]
    fn what_is_mended_fits() {
        for (form, text, mended) in [
            (Form::DnsLabel, "Orders_V1", Some("orders-v1")),
            (
                Form::Hostname,
                "http://Shop.Example:80/x",
                Some("shop.example"),
            ),
            (Form::Duration, "15", Some("15s")),
            (Form::Path, "a//b", Some("/a/b")),
            (Form::Ip, " 10.0.0.1", Some("10.0.0.1")),
            (Form::Ip, "localhost", None),
            (Form::DnsLabel, "ok", None),
        ] {
            assert_eq!(form.mend(text).as_deref(), mended, "{form:?} {text:?}");
        }
    }

    #[test]
    fn every_form_is_found_by_its_name() {
        for form in Form::ALL {
            assert_eq!(Form::by_name(form.name()), Some(form));
        }
    }
}

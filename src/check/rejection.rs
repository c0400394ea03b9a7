//! What a proxy said no to, in the shape of every other error: which class of fault its words tell
//! of, and the place in a document that they are about.
//!
//! The words are Envoy's own, as its source has them; the tests hold words that an Envoy said. A
//! resource comes from places in documents; where a value that stands there stands in the words too,
//! that value is the place.
//!
//! Absent on purpose: which documents a resource comes from (its provenance says so).

mod narrow;

use super::{Code, Diagnostic, locate};
use crate::model::Document;

/// What one proxy said of one resource.
#[derive(Debug, Clone, Copy)]
pub struct Rejection<'a> {
    /// The API, as `CDS`.
    pub api: &'a str,
    /// The resource.
    pub resource: &'a str,
    /// The proxy's words.
    pub words: &'a str,
    /// It goes on with an earlier version of it.
    pub keeps_earlier: bool,
}

/// A class of fault: what its words hold, and what to do.
struct Class {
    code: Code,
    /// Any of these tells it.
    words: &'static [&'static str],
    suggestion: &'static str,
}

/// The first that fits counts.
const CLASSES: [Class; 8] = [
    Class {
        code: Code::REJECTED_ADDRESS,
        words: &[
            "cannot bind",
            "Address already in use",
            "has duplicate address",
        ],
        suggestion: "free the port on the proxy's machine, or give the listener another one",
    },
    Class {
        code: Code::REJECTED_REGEX,
        words: &[
            "invalid perl operator",
            "missing ]:",
            "missing ):",
            "missing )",
            "unexpected )",
            "no argument for repetition operator",
            "bad repetition operator",
            "invalid repetition size",
            "invalid escape sequence",
            "invalid character class",
            "trailing \\ at end of regexp",
            "RE2 program size",
        ],
        suggestion: "write it in RE2 syntax: no look-around, no back-references, repetitions up to 1000",
    },
    Class {
        code: Code::REJECTED_REFERENCE,
        words: &[
            "unknown cluster",
            "unknown weighted cluster",
            "unknown shadow cluster",
            "Unknown gRPC client cluster",
            "unknown static cluster",
        ],
        suggestion: "declare what it names for the same proxies",
    },
    Class {
        code: Code::REJECTED_EXTENSION,
        words: &["Didn't find a registered implementation"],
        suggestion: "use an Envoy that is built with this extension, or leave it out",
    },
    Class {
        code: Code::REJECTED_CONSTRAINT,
        words: &["Proto constraint validation failed"],
        suggestion: "the words name the field and its bound, from the outside in",
    },
    Class {
        code: Code::REJECTED_TWICE,
        words: &[
            "Only unique values for domains",
            "Only a single wildcard domain",
            "has the same matching rules",
        ],
        suggestion: "give each its own",
    },
    Class {
        code: Code::REJECTED_TLS,
        words: &[
            "certificate chain from",
            "private key from",
            "incomplete private key",
            "trusted CA certificates",
            "does not match the certificate",
            "cipher suites",
        ],
        suggestion: "look whether certificate and key are PEM and belong together; files are read on the proxy's machine",
    },
    Class {
        code: Code::REJECTED_IP,
        words: &["malformed IP address"],
        suggestion: "write an IP address; a host name needs dns, or a cluster that resolves it",
    },
];

/// Whether the words name `document`, which is written `KIND NAMESPACE/NAME`: as it is, or as a
/// virtual host or a cluster is called after it.
#[must_use]
pub fn speaks_of(told: &Rejection<'_>, document: &str) -> bool {
    let named = document.split_once(' ').map_or(document, |(_, name)| name);
    let words = told.words;
    let host = named
        .split_once('/')
        .map(|(namespace, name)| format!("{name}.{namespace}"));
    narrow::stands_in(words, named) || host.is_some_and(|host| narrow::stands_in(words, &host))
}

/// `told` as a diagnostic, at the place among `places` that it is most likely about: documents that
/// the resource comes from, and where in them.
#[must_use]
pub fn rejection(told: &Rejection<'_>, places: &[(&Document, &str)]) -> Diagnostic {
    let words = told.words.trim();
    let says = |class: &&Class| class.words.iter().any(|part| words.contains(part));
    let class = CLASSES.iter().find(says);
    let code = class.map_or(Code::REJECTED, |class| class.code);
    let message = format!("{} {} was rejected: {words}", told.api, told.resource);
    let mut diagnostic = Diagnostic::new(code, message)
        .suggest(class.map(|class| class.suggestion))
        .effect(match told.keeps_earlier {
            true => "the proxy goes on with what it had",
            false => "the proxy does without it",
        });
    let found = narrow::narrow(told, places);
    let first = || {
        places
            .first()
            .map(|(document, at)| (*document, (*at).to_owned()))
    };
    if let Some((document, pointer)) = found.or_else(first) {
        diagnostic.pointer = pointer;
        locate::place(document, std::slice::from_mut(&mut diagnostic));
    }
    diagnostic
}

//! Every code a diagnostic can have. Closed, numbered by stage, and a number is never used again.
//!
//! `NL01..` syntax, `NL02..` schema, `NL03..` bounds, `NL04..` references, `NL05..` what compiling
//! finds (its own problems carry them), `NL06..` what Envoy itself would refuse, `NL07..` what
//! proxies reject.
//! Each has a page, `docs/errors/NLnnnn.md`, and a pair of files that show it, under
//! `testdata/errors/`: without them this does not build, or its tests fail. `docs/errors.md` is made
//! from here.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, de};

use super::Severity;

/// A diagnostic's stable number, written `NL0101`.
///
/// A newer server may send a number that this program does not know: it is kept, without a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

/// Which stage of checking a [`Code`] belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Is it YAML?
    Syntax,
    /// Has it the fields of its kind, each of its type?
    Schema,
    /// Are the values possible, alone and together?
    Bounds,
    /// Is what it names there?
    References,
    /// Would Envoy take what comes of it?
    Rendered,
    /// What does not compile as declared: found later, in what is stored.
    Compiled,
    /// What proxies rejected.
    Rejected,
}

macro_rules! codes {
    ($($name:ident = $number:literal $severity:ident $title:literal)*) => {
        impl Code {
            $(#[doc = $title] pub const $name: Self = Self($number);)*

            /// Every code there is, in order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What is wrong, in general; none for a code this program does not know.
            #[must_use]
            pub fn title(self) -> Option<&'static str> {
                match self.0 { $($number => Some($title),)* _ => None }
            }

            /// What it says, why it matters, an example and how to mend it, as Markdown; none for a
            /// code this program does not know.
            #[must_use]
            pub fn page(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some(include_str!(concat!(
                        "../../docs/errors/NL0", $number, ".md"
                    ))),)*
                    _ => None,
                }
            }

            /// How bad it is unless the caller decides otherwise.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self.0 { $($number => Severity::$severity,)* _ => Severity::Error }
            }
        }
    };
}

codes! {
    NOT_UTF8          = 101 Error "The file is not UTF-8 text"
    CONTROL_CHARACTER = 102 Error "A control character stands in the text"
    TAB               = 103 Error "A tab indents a line"
    NOT_YAML          = 104 Error "The text is not YAML"
    NOT_CLOSED        = 105 Error "A bracket or a quote is not closed"
    DUPLICATE_KEY     = 106 Error "A field is given twice"
    NOT_A_KEY         = 107 Error "A field's name is not a text"
    TAG               = 108 Error "A YAML tag has no meaning here"
    UNKNOWN_ALIAS     = 109 Error "An alias names no anchor before it"
    ALIAS_BOMB        = 110 Error "Aliases make the document too big"
    TOO_DEEP          = 111 Error "The document is nested too deep"
    DOCUMENT_TOO_BIG  = 112 Error "The document is too big"
    FILE_TOO_BIG      = 113 Error "The file is too big"
    TOO_MANY          = 114 Error "There are too many documents"
    MERGE_KEY         = 115 Error "A merge key has no meaning here"

    NOT_A_DOCUMENT    = 201 Error "The document is not a mapping of fields"
    MISSING_FIELD     = 202 Error "A required field is missing"
    UNKNOWN_FIELD     = 203 Error "A field is unknown"
    WRONG_TYPE        = 204 Error "A value has the wrong type"
    NOT_A_CHOICE      = 205 Error "A value is none of the possible ones"
    UNKNOWN_KIND      = 206 Error "The kind is unknown"
    WRONG_API_VERSION = 207 Error "The kind is not of this API version"
    EMPTY_FIELD       = 208 Warning "A field has no value and is taken as absent"
    NOT_YET           = 209 Error "A part of Gateway API has no effect here yet"
    FOREIGN_KIND      = 210 Error "The kind is another program's"
    NO_EFFECT         = 211 Warning "A field has no effect and is dropped"
    UNKNOWN_TYPE      = 212 Error "A type is none of Envoy's API"
    NOT_SERVED        = 213 Error "A type is not one that proxies are served"

    FORM              = 301 Error "A text has not the form it must have"
    RANGE             = 302 Error "A number is outside its bounds"
    COUNT             = 303 Error "There are too many or too few of something"
    DUPLICATE         = 304 Error "Something that must be unique is there twice"
    EXACTLY_ONE       = 305 Error "Exactly one of some fields must be given"
    EXCLUSIVE         = 306 Error "Two fields exclude each other"
    REQUIRES          = 307 Error "A field needs another that is not there"
    ORDER             = 308 Error "One limit contradicts another"
    DECLARED_TWICE    = 309 Error "A document is declared twice"
    NO_SHARE          = 310 Warning "No backend gets a share"
    UNREACHABLE       = 311 Warning "A rule is never reached"
    NO_WEIGHT         = 312 Warning "A backend has no weight beside others that have"
    PLAIN_HTTP        = 313 Warning "Port 443 is said to speak plain HTTP"
    NOT_CARRIED       = 314 Warning "A port speaks what proxies do not carry yet"
    CERTIFICATE       = 320 Error "A certificate or its key is not right"

    NO_PARENT         = 401 Error "What a route attaches to does not exist"
    NO_PARENT_PART    = 402 Error "What a route attaches to has no such listener or port"
    NO_BACKEND        = 403 Error "A backend does not exist"
    NO_BACKEND_PORT   = 404 Error "A backend has no such port"
    NO_VERSION        = 405 Error "A service has no such version"
    NOT_HTTP          = 406 Error "A port does not speak HTTP"
    NO_CLASS          = 407 Error "A proxy class does not exist"
    WRONG_ROLE        = 408 Error "A proxy class has another role"
    OTHER_NAMESPACE   = 409 Error "A reference crosses namespaces without a grant"
    WRONG_TARGET      = 410 Error "A reference names a kind that cannot stand there"
    AMBIGUOUS_PORT    = 411 Error "A service has several ports and none is named"
    NOT_ALLOWED       = 412 Error "A listener takes no routes of this namespace"
    NO_COMMON_HOST    = 413 Warning "A route and its listener have no host name in common"
    NOT_VISIBLE       = 414 Warning "A proxy class names a service that does not exist"
    VERSION_TAKEN     = 415 Error "A version was given to another content before"
    SAME_MATCH        = 416 Warning "Two routes ask for the same requests"
    SAME_LISTENER     = 417 Warning "Two Gateways take the same host name on one port"
    NOTHING_SELECTED  = 418 Warning "A selector or a version fits nothing"
    REDIRECT_LOOP     = 419 Warning "A redirect leads back to itself"
    IMMUTABLE         = 421 Error "What was declared immutable is changed"
    REDACTED          = 422 Error "A redacted value stands for nothing that is stored"

    COMPILED_BACKEND  = 501 Error "A backend is not there, or cannot be used"
    COMPILED_NOWHERE  = 502 Error "A rule sends requests nowhere"
    COMPILED_PARENT   = 503 Error "A parent is not there"
    COMPILED_REFUSED  = 504 Error "A parent does not take the route"
    COMPILED_CLASS    = 505 Error "A Gateway's class is not one of gateways"
    COMPILED_TWICE    = 506 Warning "Two proxy classes have one name"
    COMPILED_FIELD    = 507 Warning "A field of a proxy class has no effect for its role"
    COMPILED_SERVICE  = 508 Warning "A proxy class names a service that is not there"
    COMPILED_ADDRESS  = 509 Warning "Two endpoints of a service have one address"
    COMPILED_GRPC     = 510 Warning "Clients without a proxy cannot reach a service"
    COMPILED_RULE     = 511 Warning "Two rules of one route have one name"
    COMPILED_HIDES    = 512 Warning "A raw resource stands in the place of another"
    COMPILED_RAW      = 513 Error "Two raw resources have one name"
    COMPILED_MATCH    = 514 Error "A patch fits more or fewer resources than it must"
    COMPILED_PATCH    = 515 Error "A patch cannot be applied"
    COMPILED_UNKNOWN  = 520 Warning "Proxies name a class that nobody declared"
    COMPILED_FAULT    = 599 Error "A resource could not be encoded"

    REGEX             = 601 Error "A regular expression is not valid in RE2 syntax"
    REGEX_TOO_BIG     = 602 Error "A regular expression is too big"
    PROTECTED_HEADER  = 603 Error "Envoy does not let this header be removed"
    ENVOY_RULE        = 604 Error "A value breaks a rule of Envoy's API"

    REJECTED            = 701 Error "A proxy rejected a resource"
    REJECTED_ADDRESS    = 702 Error "A proxy cannot open a listener's address"
    REJECTED_REGEX      = 703 Error "A proxy does not take a regular expression"
    REJECTED_REFERENCE  = 704 Error "A proxy does not know what a resource names"
    REJECTED_EXTENSION  = 705 Error "A proxy is built without an extension"
    REJECTED_CONSTRAINT = 706 Error "A value is outside the bounds of a proxy's API"
    REJECTED_TWICE      = 707 Error "Two parts of one resource take the same requests"
    REJECTED_TLS        = 708 Error "A proxy cannot load a certificate or key"
    REJECTED_IP         = 709 Error "A text that a proxy takes as an address is none"
}

impl Code {
    /// The stage it belongs to.
    #[must_use]
    pub fn stage(self) -> Stage {
        match self.0 / 100 {
            1 => Stage::Syntax,
            2 => Stage::Schema,
            3 => Stage::Bounds,
            4 => Stage::References,
            6 => Stage::Rendered,
            7 => Stage::Rejected,
            _ => Stage::Compiled,
        }
    }

    /// Whether it is found in what is stored rather than before it is: then nothing was refused.
    #[must_use]
    pub fn is_found_later(self) -> bool {
        matches!(self.stage(), Stage::Compiled | Stage::Rejected)
    }

    /// Whether it says that something named is not there: what a caller may allow, because it can
    /// come later.
    #[must_use]
    pub fn is_dangling(self) -> bool {
        [
            Self::NO_PARENT,
            Self::NO_PARENT_PART,
            Self::NO_BACKEND,
            Self::NO_BACKEND_PORT,
            Self::NO_VERSION,
            Self::NO_CLASS,
        ]
        .contains(&self)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NL{:04}", self.0)
    }
}

/// A text that is not a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a code: they look like NL0101")]
pub struct NotACode(String);

impl FromStr for Code {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        text.strip_prefix("NL")
            .filter(|digits| digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .map(Self)
            .ok_or_else(|| NotACode(text.to_owned()))
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        "Code".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^NL[0-9]{4}$",
            "description": "Stable number of what is wrong; docs/errors.md has them all.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_from_what_it_writes() {
        for code in Code::ALL {
            assert_eq!(code.to_string().parse(), Ok(*code));
        }
        for text in ["", "NL", "NL12", "NL00123", "XX0101", "NL+101"] {
            assert!(text.parse::<Code>().is_err(), "{text}");
        }
    }

    #[test]
    fn no_two_codes_have_one_number_and_they_stand_in_order() {
        assert!(Code::ALL.is_sorted_by(|a, b| a < b));
    }
}

//! What a kind finds about its own spec, as diagnostics: each class of fault has its code.

use super::{Code, Diagnostic};
use crate::model::{Fault, Finding};

/// The diagnostic that tells `finding`; its place is left to the caller.
pub(super) fn told(finding: Finding) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(code(finding.fault), finding.message);
    diagnostic.expected = finding.expected;
    diagnostic.found = finding.found;
    diagnostic.suggestion = finding.suggestion;
    diagnostic.effect = finding.effect;
    diagnostic
}

/// The code of its class.
pub(super) fn code(fault: Fault) -> Code {
    match fault {
        Fault::Form => Code::FORM,
        Fault::Range => Code::RANGE,
        Fault::Count => Code::COUNT,
        Fault::Duplicate => Code::DUPLICATE,
        Fault::ExactlyOne => Code::EXACTLY_ONE,
        Fault::Exclusive => Code::EXCLUSIVE,
        Fault::Requires => Code::REQUIRES,
        Fault::Order => Code::ORDER,
        Fault::NoShare => Code::NO_SHARE,
        Fault::NoWeight => Code::NO_WEIGHT,
        Fault::PlainHttp => Code::PLAIN_HTTP,
        Fault::NotCarried => Code::NOT_CARRIED,
        Fault::Unreachable => Code::UNREACHABLE,
        Fault::Certificate => Code::CERTIFICATE,
        Fault::Regex => Code::REGEX,
        Fault::RegexTooBig => Code::REGEX_TOO_BIG,
        Fault::ProtectedHeader => Code::PROTECTED_HEADER,
    }
}

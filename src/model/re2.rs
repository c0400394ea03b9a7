//! Whether a regular expression is one for RE2, the engine Envoy matches with.
//!
//! An approximation: crate `regex` is of RE2's family and refuses what RE2 refuses (look-around,
//! back-references), but not one and the same. What it takes and RE2 does not is looked for here; so
//! is the one thing RE2 takes that it does not, `\Q..\E`. What still differs, Envoy rejects: the
//! proxy keeps what it had, and the rejection leads back to the line.

use regex::bytes::RegexBuilder;

/// Bytes that the compiled expression may take: far beyond what a route is written for, and far
/// below what would cost a proxy its memory.
const COMPILED_BYTES: usize = 256 << 10;

/// Why an expression is no good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Invalid {
    /// Not in the syntax; with the reason.
    Syntax(String),
    /// Compiles to more than is allowed.
    TooBig,
}

/// Checks that `pattern` is in RE2's syntax and compiles to something small.
pub(super) fn check(pattern: &str) -> Result<(), Invalid> {
    if let Some(what) = foreign(pattern) {
        return Err(Invalid::Syntax(format!("RE2 does not know {what}")));
    }
    let pattern = unquoted(pattern);
    let compile = |unicode| {
        // RE2's classes are ASCII; only \p{..} reads Unicode.
        RegexBuilder::new(&pattern)
            .unicode(unicode)
            .size_limit(COMPILED_BYTES)
            .build()
    };
    match compile(pattern.contains("\\p") || pattern.contains("\\P")) {
        Ok(_) => Ok(()),
        Err(regex::Error::CompiledTooBig(_)) => Err(Invalid::TooBig),
        Err(error) => Err(Invalid::Syntax(reason(&error.to_string()))),
    }
}

/// What crate `regex` takes and RE2 does not.
fn foreign(pattern: &str) -> Option<&'static str> {
    let mut rest = pattern;
    while let Some(at) = rest.find(['\\', '(']) {
        let (begin, tail) = rest.split_at(at);
        let _ = begin;
        if let Some(escape) = tail.strip_prefix('\\') {
            match escape.chars().next() {
                Some('u' | 'U') => return Some("the escape \\u: write \\x{..}"),
                Some('<' | '>') => return Some("the escapes \\< and \\>: write \\b"),
                Some('b' | 'B') if escape[1..].starts_with('{') => {
                    return Some("\\b{..}: write \\b");
                }
                _ => {}
            }
            // What is escaped is passed over, so that an escaped backslash escapes nothing.
            let mut chars = escape.chars();
            chars.next();
            rest = chars.as_str();
            continue;
        }
        if let Some(group) = tail.strip_prefix("(?") {
            let flags = group.split([':', ')', '<']).next().unwrap_or_default();
            if flags.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
                && flags.contains(['x', 'R', 'u'])
            {
                return Some("the flags x, R and u");
            }
        }
        rest = &tail[1..];
    }
    None
}

/// `\Q..\E` as escapes.
fn unquoted(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, quoted)) = rest.split_once("\\Q") {
        out.push_str(before);
        let (literal, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
        out.push_str(&regex::escape(literal));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The last line of the crate's message tells the reason; those before it draw the pattern.
fn reason(message: &str) -> String {
    let last = message.lines().rev().find(|line| !line.trim().is_empty());
    let last = last.unwrap_or(message).trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_re2_takes_is_taken() {
        for pattern in [
            "/v[0-9]+/.*",
            "^/a$",
            "(?i)abc",
            "(?P<name>a)",
            r"\pL+\p{Greek}",
            r"\Qa.b(\E.*",
            r"\x{10FFFF}\z",
            r"\\u",
            "[[:alpha:]]{1,100}",
            "ä+",
        ] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn what_re2_refuses_is_refused_with_a_reason() {
        for (pattern, reason) in [
            ("(?=a)", "look-around"),
            (r"(a)\1", "backreferences"),
            ("[a", "unclosed character class"),
            ("(a", "unclosed group"),
            ("*a", "repetition operator missing expression"),
            (r"\u0041", r"\u"),
            ("(?x) a", "flags"),
            (r"\b{start}", r"\b"),
        ] {
            let Err(Invalid::Syntax(found)) = check(pattern) else {
                panic!("{pattern} is taken");
            };
            assert!(found.contains(reason), "{pattern}: {found}");
        }
    }

    #[test]
    fn what_compiles_to_too_much_is_refused() {
        assert_eq!(check("((a{1,100}){1,100}){1,100}"), Err(Invalid::TooBig));
    }
}

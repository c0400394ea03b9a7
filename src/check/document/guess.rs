//! Which document a text that is no YAML was meant to be, so that references to it are not told as
//! dangling on top of the one error that matters.

use crate::model::{DocumentKey, Kind};

/// The key that the first `kind`, `name` and `namespace` of `text` make, written one a line as
/// documents mostly are. Only ever used to say less.
pub(super) fn key(text: &str, namespace: &str) -> Option<DocumentKey> {
    let value = |field: &str| {
        let after = |row: &str| {
            let rest = row.split_once(field)?.1.trim_start_matches('"');
            let rest = rest.strip_prefix(':')?;
            let end = rest.find([',', '}', '#']).unwrap_or(rest.len());
            Some(rest[..end].trim().trim_matches(['"', '\'']).to_owned())
        };
        text.lines().find_map(after).filter(|text| !text.is_empty())
    };
    let kind = Kind::by_name(&value("kind")?)?;
    let namespace = match kind.facts().namespaced {
        true => value("namespace").map_or_else(|| namespace.into(), Into::into),
        false => "".into(),
    };
    Some(DocumentKey {
        kind,
        namespace,
        name: value("name")?.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_text_still_tells_which_document_it_was_meant_to_be() {
        for (text, expected) in [
            (
                "kind: Service\nmetadata:\n  name: a # x\nspec: [",
                "Service shop/a",
            ),
            (
                "kind: Gateway\nmetadata: {name: 'a', namespace: b}\nx: \"",
                "Gateway b/a",
            ),
            (
                "kind: Namespace\nmetadata: {name: a}\nspec: [",
                "Namespace a",
            ),
        ] {
            assert_eq!(key(text, "shop").unwrap().to_string(), expected);
        }
        for text in [
            "",
            "kind: Servise\nname: a",
            "kind: Service",
            "kindly: Service\nname: a",
        ] {
            assert_eq!(key(text, "shop"), None, "{text}");
        }
    }
}

//! "Did you mean .. ?", and lists of what could have been meant.

/// The name that `text` is most likely a slip of; none where nothing is near.
pub(super) fn nearest<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = text.to_lowercase();
    // One slip in three letters, so that short names are not guessed at wildly.
    let most = text.chars().count().max(3) / 3;
    let names: Vec<&str> = names.into_iter().collect();
    let near = names
        .iter()
        .map(|name| {
            (
                distance(&wanted, &name.to_lowercase()),
                gap(text, name),
                *name,
            )
        })
        .filter(|(distance, ..)| *distance <= most)
        .min();
    // Else the one name that holds the text, as `PathPrefix` does `Prefix`.
    let holds = |name: &&&str| wanted.len() >= 4 && name.to_lowercase().contains(&wanted);
    let mut holding = names.iter().filter(holds);
    match (near, holding.next(), holding.next()) {
        (Some((.., name)), ..) => Some(name),
        (None, Some(only), None) => Some(only),
        (None, ..) => None,
    }
}

/// Edits between the two; a plural or another word-join counts little.
fn distance(a: &str, b: &str) -> usize {
    let bare = |text: &str| text.replace(['-', '_', '.', ' '], "");
    if bare(a) == bare(b) {
        return 0;
    }
    // Long texts are no slips of one another, and the distance costs the product of the lengths.
    if a.len().abs_diff(b.len()) > 32 || a.len() > 256 {
        return usize::MAX;
    }
    strsim::osa_distance(a, b)
}

/// How far the letters lie apart: `v2` is nearer to `v3` than `v1` is.
fn gap(a: &str, b: &str) -> u32 {
    let pairs = a.chars().zip(b.chars());
    pairs
        .map(|(a, b)| u32::from(a).abs_diff(u32::from(b)))
        .sum()
}

/// `a, b, c`; the first twelve of more.
pub(super) fn enumerate<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    const SHOWN: usize = 12;
    let names: Vec<T> = names.into_iter().collect();
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_suggested_and_what_is_not_is_not() {
        let names = ["selector", "endpoints", "dns", "ports"];
        for (text, meant) in [
            ("selectr", Some("selector")),
            ("Selector", Some("selector")),
            ("port", Some("ports")),
            ("end_points", Some("endpoints")),
            ("dsn", Some("dns")),
            ("point", Some("endpoints")),
            ("replicas", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(text, names), meant, "{text}");
        }
    }

    #[test]
    fn of_several_as_near_the_nearest_in_order_is_meant() {
        assert_eq!(nearest("v3", ["v1", "v2", "v9"]), Some("v2"));
        assert_eq!(nearest("v8", ["v1", "v2", "v9"]), Some("v9"));
    }

    #[test]
    fn a_long_list_is_cut() {
        let names: Vec<String> = (1..=14).map(|n| n.to_string()).collect();
        assert!(enumerate(&names).ends_with("12 and 2 more"));
        assert_eq!(enumerate(&names[..2]), "1, 2");
    }
}

//! The arrow table, read from the text a person reads.

use std::collections::BTreeMap;

/// What each top-level module may name.
#[derive(Debug)]
pub struct Table {
    rows: BTreeMap<String, Row>,
}

#[derive(Debug)]
enum Row {
    /// These modules, parts of modules (`xds::event`) and crates; `*::Config` is every `Config`.
    These(Vec<String>),
    /// All modules but these.
    AllBut(Vec<String>),
}

impl Table {
    /// Reads lines of `module -> target target ..` or `module -> all but target ..`.
    ///
    /// # Errors
    /// The first line that is neither, or a module with two rows.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rows = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (module, targets) = line
                .split_once("->")
                .ok_or_else(|| format!("no arrow in {line:?}"))?;
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
            let targets = targets.trim();
            let row = match targets.strip_prefix("all but ") {
                Some(but) => Row::AllBut(words(but)),
                None => Row::These(words(targets)),
            };
            if rows.insert(module.trim().to_owned(), row).is_some() {
                return Err(format!("two rows for {}", module.trim()));
            }
        }
        Ok(Self { rows })
    }

    /// Whether `module` has a row.
    #[must_use]
    pub fn has(&self, module: &str) -> bool {
        self.rows.contains_key(module)
    }

    /// Whether `module` may name `target`: a path from our root, or one that starts with a crate of
    /// ours. `import` is whether it is only brought into scope, to be named more fully later.
    #[must_use]
    pub fn allows(&self, module: &str, target: &[String], import: bool) -> bool {
        let Some(first) = target.first() else {
            return true;
        };
        if first == module {
            return true;
        }
        match self.rows.get(module) {
            None => false,
            Some(Row::AllBut(but)) => !but.contains(first),
            Some(Row::These(these)) => these.iter().any(|entry| fits(entry, target, import)),
        }
    }
}

fn fits(entry: &str, target: &[String], import: bool) -> bool {
    if let Some(last) = entry.strip_prefix("*::") {
        return target.iter().any(|name| name == last) || (import && target.len() == 1);
    }
    let entry: Vec<&str> = entry.split("::").collect();
    let common = entry.iter().zip(target).take_while(|(a, b)| a == b).count();
    common == entry.len() || (import && common == target.len())
}

//! The annotation in which `kubectl apply` keeps the whole document as it was applied, the values of
//! a Secret included.

use serde_json::Value;

use super::value::redacted;
use crate::model::Metadata;

/// Where `kubectl apply` keeps it.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Takes the values of a Secret out of the copy that `kubectl apply` put into its `metadata`.
pub fn redact(metadata: &mut Metadata) {
    let annotations = &mut metadata.annotations;
    if let Some(applied) = annotations.remove(LAST_APPLIED)
        && let Some(applied) = without_values(&applied)
    {
        annotations.insert(LAST_APPLIED.into(), applied.into());
    }
}

/// The same without the values of `data` and `stringData`: their names stay, so that `kubectl apply`
/// knows which it wrote. None where it is not JSON, and nobody knows what is in it.
fn without_values(applied: &str) -> Option<String> {
    let mut applied: Value = serde_json::from_str(applied).ok()?;
    let (base64, text) = redacted();
    for (field, shown) in [("data", &*base64), ("stringData", text)] {
        match applied.as_object_mut()?.get_mut(field) {
            None => {}
            Some(Value::Object(values)) => {
                values.values_mut().for_each(|value| *value = shown.into());
            }
            Some(other) => *other = Value::Null,
        }
    }
    Some(applied.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_and_values_go() {
        let applied = r#"{"kind":"Secret","data":{"a":"aHVudGVyMg=="},"stringData":{"b":"hunter2","c":["hunter2"]}}"#;
        let without = without_values(applied).unwrap();
        assert!(!without.contains("hunter2") && !without.contains("aHVudGVy"));
        for name in ["\"a\":", "\"b\":", "\"c\":", "\"kind\":\"Secret\""] {
            assert!(without.contains(name), "{without}");
        }
        assert!(
            !without_values(r#"{"data":"hunter2"}"#)
                .unwrap()
                .contains("hunter2")
        );
        for unknown in ["hunter2", "", "[\"hunter2\"]", "\"hunter2\""] {
            assert_eq!(without_values(unknown), None);
        }
    }
}

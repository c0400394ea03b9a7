//! Where a message holds a secret itself, instead of naming a file or a variable that does.
//!
//! What is a secret is what [`super::json`] hides.

use std::{collections::HashSet, sync::LazyLock};

use netloft_proto::descriptors;
use prost_reflect::DynamicMessage;
use serde_json::Value;

use super::{
    Secrets,
    write::{HIDDEN, is_sensitive, json},
};

/// The first secret in `message`, at whatever depth, as JSON pointer; none where there is none.
#[must_use]
pub fn secret(message: &DynamicMessage) -> Option<String> {
    let mut pointer = String::new();
    let (shown, hidden) = (
        json(message, Secrets::Shown),
        json(message, Secrets::Hidden),
    );
    look(&shown, &hidden, &mut pointer).then_some(pointer)
}

/// Whether `shown` has what `hidden` does not show; `pointer` leads to the first of it then.
fn look(shown: &Value, hidden: &Value, pointer: &mut String) -> bool {
    let mut inside = |part: &str, shown: &Value, hidden: &Value| {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
        let found = look(shown, hidden, pointer);
        if !found {
            pointer.truncate(length);
        }
        found
    };
    match (shown, hidden) {
        (Value::Object(shown), Value::Object(hidden)) => shown
            .iter()
            .any(|(name, value)| hidden.get(name).is_some_and(|it| inside(name, value, it))),
        (Value::Array(shown), Value::Array(hidden)) => {
            let pairs = shown.iter().zip(hidden).enumerate();
            let mut pairs = pairs.map(|(place, pair)| (place.to_string(), pair));
            pairs.any(|(place, (shown, hidden))| inside(&place, shown, hidden))
        }
        _ => shown != hidden && hidden == HIDDEN && shown != "",
    }
}

/// Whether any message of Envoy's API has a field of that name that is a secret: for errors, which
/// are told before it is known what is there.
#[must_use]
pub fn may_hold_secret(field: &str) -> bool {
    static NAMES: LazyLock<HashSet<String>> = LazyLock::new(|| {
        let messages = descriptors::pool().all_messages();
        let fields = messages.flat_map(|of| of.fields().collect::<Vec<_>>());
        let marked = fields.filter(is_sensitive);
        let names = marked.flat_map(|it| [it.name().to_owned(), it.json_name().to_owned()]);
        // Every extension has such a field; the one that is marked is within a provider of keys.
        names.filter(|name| !name.starts_with("typed")).collect()
    });
    NAMES.contains(field) || ["private_key_provider", "privateKeyProvider"].contains(&field)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::envoy;

    fn of(private_key: &Value) -> Option<String> {
        let read = envoy::any(&json!({
            "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
            "name": "a",
            "transport_socket": {"name": "tls", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                "common_tls_context": {"tls_certificates": [{
                    "certificate_chain": {"inline_string": "CERT"},
                    "private_key": private_key,
                }]},
            }},
        }));
        assert_eq!(read.findings, []);
        secret(&read.message.unwrap())
    }

    #[test]
    fn a_key_that_stands_there_is_found_and_the_name_of_its_file_is_none() {
        assert_eq!(
            of(&json!({"inline_string": "KEY"})).as_deref(),
            Some(
                "/transport_socket/typed_config/common_tls_context/tls_certificates/0/private_key/inline_string"
            )
        );
        assert!(of(&json!({"inline_bytes": "S0VZ"})).is_some());
        assert_eq!(of(&json!({"filename": "/etc/key.pem"})), None);
        assert_eq!(of(&json!({"environment_variable": "KEY"})), None);
    }

    #[test]
    fn a_name_that_secrets_have_is_known() {
        assert!(may_hold_secret("private_key") && may_hold_secret("privateKey"));
        assert!(!may_hold_secret("connect_timeout") && !may_hold_secret("typed_config"));
    }
}

//! What a simulated proxy says of itself.

use prost::encoding::{WireType, encode_key, encode_varint};
use serde_json::Value;

use super::wire::field;
use crate::cli;

/// Stands for the proxy's number.
const NUMBER: &str = "{n}";

/// Who the proxies are.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Node {
    /// node.id; {n} stands for the proxy's number
    #[arg(long, value_name = "ID", default_value = "bench-{n}")]
    node_id: String,

    /// node.cluster
    #[arg(long, value_name = "NAME", default_value = "bench")]
    node_cluster: String,

    /// node.metadata
    #[arg(long, value_name = "JSON", value_parser = object, default_value = r#"{"netloft":{"namespace":"default"}}"#)]
    node_metadata: Value,

    /// node.user_agent_name
    #[arg(long, value_name = "NAME", default_value = "envoy")]
    user_agent: String,
}

fn object(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("it must be a JSON object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

impl Node {
    /// Whether `proxies` of them can be told from each other.
    pub(super) fn check(&self, proxies: usize) -> Result<(), cli::Failure> {
        if proxies > 1 && !self.node_id.contains(NUMBER) {
            return Err(cli::Failure::usage(format!(
                "--node-id {:?} is the same for all {proxies} proxies: put {NUMBER} where the number goes",
                self.node_id
            )));
        }
        Ok(())
    }

    /// The envoy.config.core.v3.Node of proxy `number`.
    pub(super) fn message(&self, number: usize) -> Box<[u8]> {
        let mut out = Vec::new();
        let id = self.node_id.replace(NUMBER, &number.to_string());
        field(&mut out, 1, id.as_bytes());
        field(&mut out, 2, self.node_cluster.as_bytes());
        field(&mut out, 3, &structure(&self.node_metadata));
        field(&mut out, 6, self.user_agent.as_bytes());
        out.into()
    }
}

/// google.protobuf.Struct of an object.
fn structure(object: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in object.as_object().into_iter().flatten() {
        let mut entry = Vec::new();
        field(&mut entry, 1, key.as_bytes());
        field(&mut entry, 2, &any(value));
        field(&mut out, 1, &entry);
    }
    out
}

/// google.protobuf.Value.
fn any(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    match value {
        Value::Null => number(&mut out, 1, 0),
        Value::Bool(yes) => number(&mut out, 4, (*yes).into()),
        Value::String(text) => field(&mut out, 3, text.as_bytes()),
        Value::Object(_) => field(&mut out, 5, &structure(value)),
        Value::Number(found) => {
            encode_key(2, WireType::SixtyFourBit, &mut out);
            out.extend_from_slice(&found.as_f64().unwrap_or_default().to_le_bytes());
        }
        Value::Array(list) => {
            let mut values = Vec::new();
            for value in list {
                field(&mut values, 1, &any(value));
            }
            field(&mut out, 6, &values);
        }
    }
    out
}

fn number(out: &mut Vec<u8>, field: u32, value: u64) {
    encode_key(field, WireType::Varint, out);
    encode_varint(value, out);
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use envoy_types::pb::{envoy::config::core::v3 as core, google::protobuf::value::Kind};
    use prost::Message as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Words {
        #[command(flatten)]
        node: Node,
    }

    #[test]
    fn a_node_is_read_as_it_was_told() {
        let metadata = r#"{"a":{"b":"c"},"n":1.5,"yes":true,"none":null,"list":["x",{"y":2}]}"#;
        let words = ["x", "--node-id", "p~{n}", "--node-metadata", metadata];
        let node = Words::parse_from(words).node;
        let read = core::Node::decode(&*node.message(7)).unwrap();
        assert_eq!((&*read.id, &*read.cluster), ("p~7", "bench"));
        let fields = read.metadata.unwrap().fields;
        let kind = |key: &str| fields[key].kind.clone().unwrap();
        assert_eq!(kind("n"), Kind::NumberValue(1.5));
        assert_eq!(kind("yes"), Kind::BoolValue(true));
        assert_eq!(kind("none"), Kind::NullValue(0));
        let Kind::StructValue(inner) = kind("a") else {
            panic!()
        };
        assert_eq!(
            inner.fields["b"].kind,
            Some(Kind::StringValue("c".to_owned()))
        );
        let Kind::ListValue(list) = kind("list") else {
            panic!()
        };
        assert_eq!(list.values.len(), 2);
    }

    #[test]
    fn many_proxies_of_one_name_are_not_taken() {
        let node = Words::parse_from(["x", "--node-id", "one"]).node;
        assert!(node.check(1).is_ok());
        assert!(node.check(2).is_err());
    }
}

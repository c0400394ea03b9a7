//! Configurations of Envoy's own, in the shapes people use, and what is asked of them.
//!
//! Each is a folder of `testdata/envoy`: `envoy.yaml`, which an Envoy takes as it is, and `asked.json`.
//! In the first, ports from 10000 are where it listens, 9001 and 9002 are backends, 9003 one that is
//! sick, and on 9999 nobody listens; the certificates are under `/etc/envoy/certs`. A test puts its
//! own ports and folders in their place, so that one configuration can run twice.

use std::{collections::BTreeMap, path::Path};

use http::{HeaderName, HeaderValue, Method, StatusCode};
use regex::Regex;
use serde_json::Value;

use crate::{
    backend::Backend,
    http::{Answer, request, send},
    ports::Port,
};

/// The first port that a configuration listens on, and how many there may be.
const LISTEN: u16 = 10_000;
const LISTENERS: u16 = 4;

/// A configuration with what it sends requests to.
#[derive(Debug)]
pub struct Case {
    name: String,
    text: String,
    asked: Vec<Asked>,
    backends: [Backend; 3],
    nobody: Port,
}

/// A configuration as one Envoy runs it.
#[derive(Debug)]
pub struct Placed {
    /// Its text.
    pub text: String,
    listen: Vec<Port>,
}

/// One request, and what must be so of its answer.
#[derive(Debug, Clone)]
pub struct Asked {
    told: Value,
}

/// What an answer says, without what differs from one time to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Status.
    pub status: u16,
    /// Headers, without those of the moment.
    pub headers: BTreeMap<String, String>,
    /// Body.
    pub body: String,
}

impl Case {
    /// The case in the folder `name`, its backends running.
    pub async fn start(name: &str) -> Self {
        let folder = folder().join(name);
        let read = |file: &str| {
            std::fs::read_to_string(folder.join(file))
                .unwrap_or_else(|error| panic!("{name}/{file}: {error}"))
        };
        let asked: Vec<Value> = serde_json::from_str(&read("asked.json"))
            .unwrap_or_else(|error| panic!("{name}/asked.json: {error}"));
        assert!(!asked.is_empty(), "{name} is asked nothing");
        let sick = Backend::start("sick").await;
        sick.answers(StatusCode::SERVICE_UNAVAILABLE);
        Self {
            name: name.to_owned(),
            text: read("envoy.yaml"),
            asked: asked.into_iter().map(|told| Asked { told }).collect(),
            backends: [
                Backend::start("one").await,
                Backend::start("two").await,
                sick,
            ],
            nobody: Port::reserve(),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is asked of it, in order.
    #[must_use]
    pub fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// The configuration on ports of its own.
    #[must_use]
    pub fn placed(&self) -> Placed {
        let listen: Vec<Port> = (0..LISTENERS).map(|_| Port::reserve()).collect();
        let mut ports: BTreeMap<u16, u16> =
            (LISTEN..).zip(listen.iter().map(Port::number)).collect();
        ports.extend((9001..).zip(self.backends.iter().map(Backend::port)));
        ports.insert(9999, self.nobody.number());
        let number = Regex::new(r"\b(1000[0-3]|900[1-3]|9999)\b").expect("it is a pattern");
        let text = number.replace_all(&self.text, |found: &regex::Captures<'_>| {
            let number: u16 = found[0].parse().unwrap_or_default();
            ports[&number].to_string()
        });
        let certs = folder().join("certs");
        Placed {
            text: text.replace("/etc/envoy/certs", &certs.to_string_lossy()),
            listen,
        }
    }
}

impl Placed {
    /// The answer to `asked` at this Envoy.
    ///
    /// # Panics
    /// When there is none.
    pub async fn said(&self, asked: &Asked) -> Said {
        let told = &asked.told;
        let text =
            |field: &str, absent: &'static str| told[field].as_str().unwrap_or(absent).to_owned();
        let method: Method = text("method", "GET").parse().expect("a method");
        let at = told["at"].as_u64().unwrap_or(LISTEN.into());
        let place = usize::try_from(at).unwrap_or_default() - usize::from(LISTEN);
        let mut request = request(
            method,
            &text("host", "example.com"),
            &text("path", "/"),
            text("body", ""),
        )
        .expect("a request");
        for (name, value) in told["send"].as_object().into_iter().flatten() {
            let name: HeaderName = name.parse().expect("a header's name");
            let value = HeaderValue::from_str(value.as_str().unwrap_or_default());
            request
                .headers_mut()
                .insert(name, value.expect("a header's value"));
        }
        let answer = send(self.listen[place].address(), request).await;
        let answer = answer.unwrap_or_else(|error| panic!("{told}: {error}"));
        self.plain(&answer)
    }

    /// Without what differs from one Envoy, and from one moment, to the next.
    fn plain(&self, answer: &Answer) -> Said {
        let same = |text: &str| {
            let mut text = text.to_owned();
            for (number, port) in (LISTEN..).zip(&self.listen) {
                text = text.replace(&port.number().to_string(), &number.to_string());
            }
            let drawn =
                r#""(x-request-id|traceparent|x-b3-\w+|x-envoy-expected-rq-timeout-ms)":"[^"]*""#;
            let drawn = Regex::new(drawn).expect("it is a pattern");
            drawn.replace_all(&text, "\"$1\":\"..\"").into_owned()
        };
        let of_the_moment = ["date", "x-envoy-upstream-service-time", "x-request-id"];
        let headers = answer.headers.iter();
        let headers = headers.filter(|(name, _)| !of_the_moment.contains(&name.as_str()));
        Said {
            status: answer.status.as_u16(),
            headers: headers
                .map(|(name, value)| {
                    (
                        name.to_string(),
                        same(&String::from_utf8_lossy(value.as_bytes())),
                    )
                })
                .collect(),
            body: same(&answer.text()),
        }
    }
}

impl Asked {
    /// What is wrong with `said`, by what is written beside the request.
    #[must_use]
    pub fn wrong(&self, said: &Said) -> Vec<String> {
        let mut wrong = Vec::new();
        if u64::from(said.status) != self.told["status"].as_u64().unwrap_or_default() {
            wrong.push("the status is another".to_owned());
        }
        let holds = self.told["holds"].as_str().unwrap_or_default();
        if !said.body.contains(holds) {
            wrong.push(format!("the body does not hold {holds}"));
        }
        for (name, value) in self.told["headers"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap_or_default();
            if said.headers.get(name).map(String::as_str) != Some(value) {
                wrong.push(format!("the header {name} is not {value}"));
            }
        }
        wrong
    }
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/envoy"))
}

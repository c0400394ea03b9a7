//! The other end of the REST API.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client as Http, rt::TokioExecutor};
use serde::de::DeserializeOwned;

use super::Failure;
use crate::api::types::{File, ProblemDetails};

/// Longest wait for an answer: an apply of the largest size takes seconds.
const BOUND: Duration = Duration::from_secs(60);

/// Where the server is.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Server {
    /// The server's REST API
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:7700",
        env = "NETLOFT_SERVER"
    )]
    server: String,
}

impl Server {
    /// Asks for `path` and reads the answer.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.ask(Method::GET, path, None, &[]).await
    }

    /// Sends `method` to `path`, with JSON where there is any; `files` are what errors are about.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        json: Option<Vec<u8>>,
        files: &[File],
    ) -> Result<T, Failure> {
        let (status, body) = self.send(method, path, json).await?;
        if !(200..300).contains(&status) {
            return Err(Failure::answered(
                status,
                problem(status, &body),
                files.to_vec(),
            ));
        }
        serde_json::from_slice(&body).map_err(|error| {
            Failure::other(format!(
                "{} answered something else than netloft does: {error}",
                self.server
            ))
        })
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        json: Option<Vec<u8>>,
    ) -> Result<(u16, Bytes), Failure> {
        let base = self.server.trim_end_matches('/');
        let uri: Uri = format!("{base}{path}").parse().map_err(|error| {
            Failure::usage(format!("--server {:?} is no URL: {error}", self.server))
        })?;
        if uri.scheme_str() != Some("http") {
            let given = &self.server;
            return Err(Failure::usage(format!(
                "--server {given:?}: only http:// is spoken so far"
            )));
        }
        let request = Request::builder()
            .method(method)
            .uri(uri)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(json.unwrap_or_default())))
            .map_err(Failure::other)?;
        let client = Http::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let unreachable = |why: String| {
            Failure::unreachable(format!(
                "no answer from {base}: {why}\nIs it running? Start it with `netloft up`, or name another by --server."
            ))
        };
        let exchange = async {
            let response = client
                .request(request)
                .await
                .map_err(|error| unreachable(causes(&error)))?;
            let status = response.status().as_u16();
            let body = response
                .into_body()
                .collect()
                .await
                .map_err(|error| unreachable(causes(&error)))?;
            Ok((status, body.to_bytes()))
        };
        let late = || unreachable(format!("none within {} s", BOUND.as_secs()));
        tokio::time::timeout(BOUND, exchange)
            .await
            .map_err(|_| late())?
    }
}

/// An error and what caused it, outermost first.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// A problem in either of its two forms.
fn problem(status: u16, body: &[u8]) -> Option<ProblemDetails> {
    if let Ok(problem) = serde_json::from_slice(body) {
        return Some(problem);
    }
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(ProblemDetails {
        kind: String::new(),
        title: value["reason"].as_str().unwrap_or_default().to_owned(),
        status,
        detail: value["message"].as_str()?.to_owned(),
        errors: serde_json::from_value(value["errors"].clone()).unwrap_or_default(),
    })
}

/// `text` as a part of a URL's path or query.
pub(super) fn escaped(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let mut escaped = String::with_capacity(text.len());
    for byte in text.as_bytes() {
        if plain(byte) {
            escaped.push(char::from(*byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

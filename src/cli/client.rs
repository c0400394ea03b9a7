//! The other end of the REST API.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{client::legacy::Client as Http, rt::TokioExecutor};
use serde::de::DeserializeOwned;

pub(super) use super::connection::InNamespace;
pub use super::connection::Server;
use super::{
    Failure,
    connection::Found,
    output::note,
    paint::{Ink, printable},
};
use crate::api::types::{ApplyAnswer, ApplyBody, File, ProblemDetails};

/// Longest wait for an answer: an apply of the largest size takes seconds.
const BOUND: Duration = Duration::from_secs(60);

/// A request, before it is sent.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    method: Method,
    path: &'a str,
    accept: &'static str,
    media: &'static str,
    /// The only version that it is about.
    version: Option<&'a str>,
    body: Vec<u8>,
    files: &'a [File],
    bound: Duration,
}

impl<'a> Ask<'a> {
    pub(super) fn new(method: Method, path: &'a str) -> Self {
        Self {
            method,
            path,
            accept: "application/json",
            media: "application/json",
            version: None,
            body: Vec::new(),
            files: &[],
            bound: BOUND,
        }
    }

    /// With this JSON as its body.
    pub(super) fn json(self, json: Vec<u8>) -> Self {
        self.body("application/json", json)
    }

    /// With this body, which is a `media`.
    pub(super) fn body(mut self, media: &'static str, body: Vec<u8>) -> Self {
        self.media = media;
        self.body = body;
        self
    }

    /// Only if the document still is of this version.
    pub(super) fn only_if(mut self, version: &'a str) -> Self {
        self.version = Some(version);
        self
    }

    /// For an answer in this form.
    pub(super) fn accept(mut self, media: &'static str) -> Self {
        self.accept = media;
        self
    }

    /// About these files: errors show their lines.
    pub(super) fn about(mut self, files: &'a [File]) -> Self {
        self.files = files;
        self
    }

    /// Waits this much longer for the answer, because the server is asked to.
    pub(super) fn patient(mut self, longer: Duration) -> Self {
        self.bound = BOUND.saturating_add(longer);
        self
    }
}

impl Server {
    /// Asks for `path` and reads the answer.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.ask(Ask::new(Method::GET, path)).await
    }

    /// Asks for `path` and gives the answer's text.
    pub(super) async fn text(&self, path: &str) -> Result<String, Failure> {
        let (_, body) = self.answer(Ask::new(Method::GET, path)).await?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// Applies files, each by its name and its text, in one transaction.
    ///
    /// # Errors
    /// [`Failure`] when there is no answer, or it is no.
    pub async fn apply(
        &self,
        files: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), Failure> {
        let files = files
            .into_iter()
            .map(|(name, text)| File { name, text })
            .collect();
        let body = ApplyBody {
            files,
            delete: false,
        };
        let json = serde_json::to_vec(&body).map_err(Failure::other)?;
        let ask = Ask::new(Method::POST, "/v1/apply")
            .json(json)
            .about(&body.files);
        self.ask::<ApplyAnswer>(ask).await.map(drop)
    }

    /// Sends `ask` and reads the answer.
    pub(super) async fn ask<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<T, Failure> {
        let (found, body) = self.answer(ask).await?;
        serde_json::from_slice(&body).map_err(|error| {
            Failure::other(format!(
                "{} answered something else than netloft {} does: {error}",
                found.url,
                env!("CARGO_PKG_VERSION"),
            ))
        })
    }

    /// Sends `ask`, whose answer goes on: a value a line.
    pub(super) async fn lines(&self, ask: Ask<'_>) -> Result<Lines, Failure> {
        let found = self.found()?;
        let response = send(&found, ask).await?;
        let status = response.status().as_u16();
        let body = response.into_body();
        if !(200..300).contains(&status) {
            let body = body.collect().await.map(|body| body.to_bytes());
            let problem = problem(status, &body.unwrap_or_default());
            return Err(Failure::answered(status, problem, Vec::new()));
        }
        Ok(Lines {
            found,
            body,
            read: Vec::new(),
        })
    }

    async fn answer(&self, ask: Ask<'_>) -> Result<(Found, Bytes), Failure> {
        let found = self.found()?;
        let (files, bound) = (ask.files, ask.bound);
        let exchange = async {
            let response = send(&found, ask).await?;
            let status = response.status().as_u16();
            worth_knowing(response.headers());
            let body = response.into_body().collect().await;
            let body = body.map_err(|error| unreachable(&found, &causes(&error)))?;
            Ok::<_, Failure>((status, body.to_bytes()))
        };
        let late = || unreachable(&found, &format!("none within {} s", bound.as_secs()));
        let (status, body) = tokio::time::timeout(bound, exchange)
            .await
            .map_err(|_| late())??;
        if !(200..300).contains(&status) {
            let problem = problem(status, &body);
            return Err(Failure::answered(status, problem, files.to_vec()));
        }
        Ok((found, body))
    }
}

/// An answer that goes on.
#[derive(Debug)]
pub(super) struct Lines {
    found: Found,
    body: Incoming,
    /// Came, and not yet given.
    read: Vec<u8>,
}

impl Lines {
    /// The next value; none once the server has ended the answer.
    pub(super) async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Failure> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                return serde_json::from_slice(&line)
                    .map(Some)
                    .map_err(Failure::other);
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(Err(error)) => return Err(unreachable(&self.found, &causes(&error))),
                Some(Ok(frame)) => {
                    let data = frame.into_data().unwrap_or_default();
                    self.read.extend_from_slice(&data);
                }
            }
        }
    }
}

async fn send(found: &Found, ask: Ask<'_>) -> Result<Response<Incoming>, Failure> {
    let base = found.url.trim_end_matches('/');
    let uri: Uri = format!("{base}{}", ask.path)
        .parse()
        .map_err(|error| Failure::usage(format!("{:?} is no URL: {error}", found.url)))?;
    if uri.scheme_str() != Some("http") {
        let given = &found.url;
        return Err(Failure::usage(format!(
            "{given:?}: only http:// is spoken so far"
        )));
    }
    let mut request = Request::builder().method(ask.method).uri(uri);
    if let Some(version) = ask.version {
        request = request.header(header::IF_MATCH, format!("\"{version}\""));
    }
    let request = request
        .header(header::ACCEPT, ask.accept)
        .header(header::CONTENT_TYPE, ask.media)
        .body(Full::new(Bytes::from(ask.body)))
        .map_err(Failure::other)?;
    let client = Http::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let sent = client.request(request).await;
    sent.map_err(|error| unreachable(found, &causes(&error)))
}

fn unreachable(found: &Found, why: &str) -> Failure {
    let by = match &found.context {
        Some(name) => format!(" (context {name})"),
        None => String::new(),
    };
    Failure::unreachable(format!("no answer from {}{by}: {why}", found.url))
        .next("netloft up, or name a server that runs by --server URL")
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

/// Tells the `Warning` headers of an answer: `299 - "text"`.
fn worth_knowing(headers: &HeaderMap) {
    for warning in headers.get_all(header::WARNING) {
        let text = String::from_utf8_lossy(warning.as_bytes());
        let text = text.split_once('"').map_or(&*text, |(_, text)| text);
        let text = text.trim_end_matches('"').replace("\\\"", "\"");
        note(&format!(
            "{}: {}",
            Ink::Warning.on("warning"),
            printable(&text)
        ));
    }
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

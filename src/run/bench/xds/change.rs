//! Changes: how one is asked for, and how a proxy knows it when it comes.
//!
//! A change is known by a *mark*: an address of fixed length that stands in the resource. What is
//! applied holds the mark of number 0, `10.77.100.100`, as an endpoint's address or a header's
//! value; each change puts its own in that place.

use std::{path::PathBuf, process::Stdio, sync::LazyLock};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use memchr::memmem::Finder;
use tokio::process::Command;

use crate::cli::{self, Server};

/// What stands in what is applied, in the place of each change's own mark.
pub(super) const MARK: &str = "10.77.100.100";

/// Changes of one run: each has a mark of its own.
pub(super) const MOST: u32 = 9_999;

/// What a mark begins with.
const HEAD: &[u8] = b"10.77.1";

static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(HEAD));

/// The mark of change `number`, counted from 0.
pub(super) fn mark(number: u32) -> String {
    let number = number + 1;
    format!("10.77.1{:02}.1{:02}", number / 100 % 100, number % 100)
}

/// The newest change whose mark is in `message`.
pub(super) fn newest(message: &[u8]) -> Option<u32> {
    FINDER
        .find_iter(message)
        .filter_map(|place| number(&message[place + HEAD.len()..]))
        .max()?
        .checked_sub(1)
}

fn number(rest: &[u8]) -> Option<u32> {
    let [a, b, b'.', b'1', c, d, ..] = rest else {
        return None;
    };
    [a, b, c, d].into_iter().try_fold(0, |sum, digit| {
        digit
            .is_ascii_digit()
            .then(|| sum * 10 + u32::from(digit - b'0'))
    })
}

/// How changes are asked for.
#[derive(Debug)]
pub(super) enum Driver {
    /// Documents, to netloft: files by name and text.
    Apply {
        server: Server,
        files: Vec<(String, String)>,
    },
    /// A request to a URL that holds the mark.
    Post {
        url: String,
        client: Client<HttpConnector, Full<Bytes>>,
    },
    /// A command that finds the mark in `NETLOFT_BENCH_MARK`.
    Run(String),
}

/// Where changes come from.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub(super) struct By {
    /// Change by applying these documents to netloft, each time with another address in the place
    /// of 10.77.100.100
    #[arg(long, value_name = "FILE")]
    apply: Vec<PathBuf>,

    /// Change by a POST to this URL, with the address in the place of 10.77.100.100
    #[arg(long, value_name = "URL")]
    post: Option<String>,

    /// Change by this command of the shell, which finds the address in NETLOFT_BENCH_MARK
    #[arg(long, value_name = "COMMAND")]
    run: Option<String>,
}

impl By {
    pub(super) fn driver(self, server: Server) -> Result<Option<Driver>, cli::Failure> {
        if !self.apply.is_empty() {
            let files = cli::files::read(&self.apply)?.into_iter();
            let files: Vec<_> = files.map(|file| (file.name, file.text)).collect();
            if !files.iter().any(|(_, text)| text.contains(MARK)) {
                return Err(cli::Failure::usage(format!(
                    "--apply: no file holds the address {MARK}, which each change puts another in the place of"
                )));
            }
            return Ok(Some(Driver::Apply { server, files }));
        }
        if let Some(url) = self.post {
            if !url.contains(MARK) {
                return Err(cli::Failure::usage(format!(
                    "--post: {url:?} does not hold the address {MARK}, which each change puts another in the place of"
                )));
            }
            let client = Client::builder(TokioExecutor::new()).build_http();
            return Ok(Some(Driver::Post { url, client }));
        }
        Ok(self.run.map(Driver::Run))
    }
}

impl Driver {
    /// Makes change `number`; returns when whoever makes it says that it is made.
    pub(super) async fn make(&self, number: u32) -> Result<(), cli::Failure> {
        let mark = mark(number);
        match self {
            Self::Apply { server, files } => {
                let files = files
                    .iter()
                    .map(|(name, text)| (name.clone(), text.replace(MARK, &mark)));
                server.apply(files).await
            }
            Self::Post { url, client } => post(client, &url.replace(MARK, &mark)).await,
            Self::Run(command) => run(command, &mark).await,
        }
    }
}

async fn post(client: &Client<HttpConnector, Full<Bytes>>, url: &str) -> Result<(), cli::Failure> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(url)
        .body(Full::default())
        .map_err(cli::Failure::usage)?;
    let failed = |why: String| cli::Failure::other(format!("POST {url}: {why}"));
    let answer = client
        .request(request)
        .await
        .map_err(|error| failed(error.to_string()))?;
    let status = answer.status();
    // Read to its end, so that the connection serves the next one too.
    answer
        .into_body()
        .collect()
        .await
        .map_err(|error| failed(error.to_string()))?;
    if status.is_success() {
        Ok(())
    } else {
        Err(failed(status.to_string()))
    }
}

async fn run(command: &str, mark: &str) -> Result<(), cli::Failure> {
    let failed = |why: String| cli::Failure::other(format!("{command:?}: {why}"));
    let ended = Command::new("/bin/sh")
        .args(["-c", command])
        .env("NETLOFT_BENCH_MARK", mark)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .await
        .map_err(|error| failed(error.to_string()))?;
    if ended.success() {
        Ok(())
    } else {
        Err(failed(ended.to_string()))
    }
}

/// Posts to `url` once.
pub(super) async fn ask(url: &str) -> Result<(), cli::Failure> {
    post(&Client::builder(TokioExecutor::new()).build_http(), url).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_has_a_mark_of_its_own_that_is_found_in_whatever_surrounds_it() {
        for change in [0, 1, 98, 99, 100, 5_000, MOST - 1] {
            let mark = mark(change);
            assert_eq!(mark.len(), MARK.len());
            let message = format!("\u{12}10.77.1\u{d}{mark}10.77.199\u{18}{mark}");
            assert_eq!(newest(message.as_bytes()), Some(change), "{mark}");
        }
        assert_eq!(newest(MARK.as_bytes()), None);
        let both = format!("{} {}", mark(7), mark(1_234));
        assert_eq!(newest(both.as_bytes()), Some(1_234));
    }
}

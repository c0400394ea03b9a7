//! `get --watch`: what is there, then what becomes of it, until the user ends it.
//!
//! A server that ends the answer is asked again from the last revision it told. Where history does
//! not go back so far (410), all is shown anew.

use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::{Args, Columns, TABLE, Table, with};
use crate::cli::{
    Failure,
    client::Ask,
    failure::Code,
    output::{Format, give, say},
};

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "type")]
    what: String,
    object: Value,
}

/// Shows documents and what becomes of them; ends only by failing.
pub(super) async fn follow(args: &Args, path: &str, query: &[String]) -> Result<(), Failure> {
    let mut shown = Shown {
        args,
        columns: None,
        revision: String::new(),
    };
    loop {
        shown.list(&with(path, query)).await?;
        loop {
            let revision = format!("resourceVersion={}", shown.revision);
            let more = ["watch=true", "allowWatchBookmarks=true", &revision];
            let more = more.map(str::to_owned);
            let path = with(path, &[query, &more].concat());
            match shown.changes(&path).await {
                Ok(()) => {}
                Err(Ended::Expired) => break,
                Err(Ended::Failed(failure)) => return Err(failure),
            }
        }
    }
}

enum Ended {
    /// History does not go back to the revision.
    Expired,
    Failed(Failure),
}

struct Shown<'a> {
    args: &'a Args,
    /// Once the heads are shown.
    columns: Option<Columns>,
    /// All up to it was shown.
    revision: String,
}

impl Shown<'_> {
    fn ask<'p>(&self, path: &'p str) -> Ask<'p> {
        let ask = Ask::new(Method::GET, path);
        match self.args.output.is_for_people() {
            true => ask.accept(TABLE),
            false => ask,
        }
    }

    async fn list(&mut self, path: &str) -> Result<(), Failure> {
        let list: Value = self.args.server.ask(self.ask(path)).await?;
        self.heard(&list["metadata"]);
        if self.args.output.is_for_people() {
            return self.table(list, None);
        }
        let items = list["items"].as_array().cloned().unwrap_or_default();
        items.iter().try_for_each(|item| self.one(item))
    }

    /// Shows what a watch of `path` tells until the server ends it.
    async fn changes(&mut self, path: &str) -> Result<(), Ended> {
        let lines = self.args.server.lines(self.ask(path)).await;
        let mut lines = lines.map_err(ended)?;
        while let Some(event) = lines.next::<Event>().await.map_err(Ended::Failed)? {
            match &*event.what {
                "ERROR" => return Err(self.error(&event.object)),
                "BOOKMARK" => self.bookmark(&event.object),
                what => {
                    let note = (what == "DELETED").then_some("deleted");
                    self.change(event.object, note).map_err(Ended::Failed)?;
                }
            }
        }
        Ok(())
    }

    fn error(&self, status: &Value) -> Ended {
        if status["code"] == 410 {
            return Ended::Expired;
        }
        let text = status["message"].as_str().unwrap_or("the watch has failed");
        Ended::Failed(Failure::other(text))
    }

    fn heard(&mut self, metadata: &Value) {
        if let Some(revision) = metadata["resourceVersion"].as_str()
            && !revision.is_empty()
        {
            revision.clone_into(&mut self.revision);
        }
    }

    fn bookmark(&mut self, object: &Value) {
        let first = object["rows"][0]["object"]["metadata"].clone();
        self.heard(&object["metadata"]);
        self.heard(&first);
    }

    fn change(&mut self, object: Value, note: Option<&str>) -> Result<(), Failure> {
        self.bookmark(&object);
        match self.args.output.is_for_people() {
            true => self.table(object, note),
            false => self.one(&object),
        }
    }

    fn table(&mut self, table: Value, note: Option<&str>) -> Result<(), Failure> {
        let table: Table = serde_json::from_value(table).map_err(Failure::other)?;
        if table.rows.is_empty() {
            return Ok(());
        }
        let text = match &mut self.columns {
            Some(columns) => columns.text(&table, false, note),
            None => {
                let mut columns = Columns::of(self.args, &table);
                let text = columns.text(&table, true, note);
                self.columns = Some(columns);
                text
            }
        };
        say(&text)
    }

    fn one(&self, item: &Value) -> Result<(), Failure> {
        if self.args.output.output == Format::Yaml {
            give("---\n")?;
        }
        let names = || vec![self.args.named(item)];
        self.args.output.show(item, String::new, names)
    }
}

fn ended(failure: Failure) -> Ended {
    match failure.code() {
        Code::NotFound => Ended::Expired,
        _ => Ended::Failed(failure),
    }
}

//! `netloft import envoy`: what becomes of a configuration is written, and told.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use super::{BOOTSTRAP, DOCUMENTS, configuration};
use crate::{
    check::{self, Source},
    cli::{
        Failure,
        output::{Format, Output, say, table, yaml},
    },
    envoy,
    import::{self, Became, Configuration, Imported},
    model::DEFAULT_NAMESPACE,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A bootstrap in Envoy's own form (YAML or JSON), or an answer of /config_dump; - for standard input
    file: PathBuf,

    /// Folder to write to (without it nothing is written), or form of the report: table, json
    #[arg(short, long, value_name = "DIR|FORM", num_args = 1)]
    output: Vec<String>,

    /// The class of the proxies that shall have it [default: the file's node.cluster, else its name]
    #[arg(long)]
    class: Option<String>,

    /// Namespace of what is written
    #[arg(short, long, default_value = DEFAULT_NAMESPACE)]
    namespace: String,

    /// Replace what an earlier import wrote there
    #[arg(long)]
    replace: bool,
}

/// Where to, and in which form the report is told.
struct Written {
    folder: Option<PathBuf>,
    form: Format,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let written = written(&args.output)?;
    let configuration = configuration(&args.file)?;
    let class = match &args.class {
        Some(class) => class.clone(),
        None => class_of(&configuration, &args.file),
    };
    let imported = import::documents(&configuration, &class, &args.namespace);
    let texts = imported.texts().map_err(Failure::other)?;
    check(&texts, &args.namespace)?;
    if let Some(folder) = &written.folder {
        write(folder, &texts, &imported.bootstrap, args.replace)?;
    }
    let output = Output {
        output: written.form,
    };
    let report = imported.report.to_json();
    let names = || {
        let entries = imported.report.entries.iter();
        entries
            .map(|entry| format!("{} {}", entry.kind, entry.name))
            .collect()
    };
    output.show(&report, || told(&imported), names)?;
    match (&written.folder, &output.output) {
        (Some(folder), Format::Table) => say(&next(folder, &class)),
        _ => Ok(()),
    }
}

fn written(outputs: &[String]) -> Result<Written, Failure> {
    let mut written = Written {
        folder: None,
        form: Format::Table,
    };
    for output in outputs {
        match output.as_str() {
            "table" => written.form = Format::Table,
            "json" => written.form = Format::Json,
            "yaml" => written.form = Format::Yaml,
            "name" => written.form = Format::Name,
            folder if written.folder.is_none() => written.folder = Some(folder.into()),
            folder => {
                return Err(Failure::usage(format!(
                    "there are two folders to write to: the second is {folder}"
                )));
            }
        }
    }
    Ok(written)
}

/// A DNS label of `node.cluster`, or of the file's name.
fn class_of(configuration: &Configuration, file: &Path) -> String {
    let node = configuration.bootstrap.get("node");
    let cluster = node.and_then(|node| node["cluster"].as_str());
    let stem = file
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let name = cluster.map(str::to_owned).or(stem).unwrap_or_default();
    let plain: String = name
        .to_ascii_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(63)
        .collect();
    match plain.trim_matches('-') {
        // Classes that are there without a document, and are not of this kind.
        "" | "sidecar" | "client" => "imported".to_owned(),
        plain => plain.to_owned(),
    }
}

/// What is written is read back, so that nobody is given what an apply would refuse.
fn check(texts: &[(&'static str, String)], namespace: &str) -> Result<(), Failure> {
    let sources: Vec<Source<'_>> = texts
        .iter()
        .map(|(name, text)| Source {
            file: Some(name),
            text,
        })
        .collect();
    let checked = check::documents(&sources, namespace);
    let world = check::Overlay::new(&checked.documents);
    let mut found = checked.diagnostics;
    found.extend(check::references(&checked.documents, &world));
    found.retain(check::Diagnostic::is_error);
    if found.is_empty() {
        return Ok(());
    }
    let files = texts.iter().map(|(name, text)| crate::api::types::File {
        name: (*name).to_owned(),
        text: text.clone(),
    });
    Err(Failure::invalid(found, files.collect()))
}

fn write(
    folder: &Path,
    texts: &[(&'static str, String)],
    bootstrap: &Configuration,
    replace: bool,
) -> Result<(), Failure> {
    let documents = folder.join(DOCUMENTS);
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| Failure::other(format!("cannot write {path}: {error}"))
    };
    if documents.exists() {
        if !replace {
            return Err(Failure::usage(format!(
                "{} is there already: --replace writes it anew",
                documents.display()
            )));
        }
        fs::remove_dir_all(&documents).map_err(failed(&documents))?;
    }
    fs::create_dir_all(&documents).map_err(failed(&documents))?;
    for (name, text) in texts {
        let path = documents.join(name);
        fs::write(&path, text).map_err(failed(&path))?;
    }
    let path = folder.join(BOOTSTRAP);
    let bootstrap = bootstrap.clone().into_bootstrap();
    let of = envoy::descriptor("/envoy.config.bootstrap.v3.Bootstrap");
    let message = of.and_then(|of| envoy::message(&of, &bootstrap).message);
    let secret = message.is_some_and(|message| envoy::secret(&message).is_some());
    let text = yaml(&bootstrap)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    if secret {
        options.mode(0o600);
    }
    options
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(failed(&path))
}

fn told(imported: &Imported) -> String {
    let report = &imported.report;
    let (modelled, raw, stays) = report.counts();
    let rows: Vec<Vec<String>> = report
        .entries
        .iter()
        .map(|entry| {
            let keys: Vec<String> = entry.documents().iter().map(ToString::to_string).collect();
            let became = match entry.became {
                Became::Stays => BOOTSTRAP.to_owned(),
                Became::Modelled(_) | Became::Raw(_) => keys.join(", "),
            };
            let why = entry.why.as_ref().map(ToString::to_string);
            let called = format!("{} {}", entry.kind, entry.name);
            vec![called, became, why.unwrap_or_default()]
        })
        .collect();
    let mut text = format!(
        "{}: {modelled} modelled, {raw} kept raw, {stays} left in {BOOTSTRAP}\n\n",
        report.found()
    );
    if !rows.is_empty() {
        text.push_str(&table(&["RESOURCE", "BECAME", "WHY"], &rows));
    }
    if !report.rest.is_empty() {
        text.push_str(&format!(
            "\nleft in {BOOTSTRAP} besides: {}\n",
            report.rest.join(", ")
        ));
    }
    text
}

fn next(folder: &Path, class: &str) -> String {
    let folder = folder.display();
    format!(
        "\nnext: netloft apply -f {folder}/{DOCUMENTS}\n      netloft bootstrap NAME --class {class} --onto {folder}/{BOOTSTRAP} > envoy.yaml\n"
    )
}

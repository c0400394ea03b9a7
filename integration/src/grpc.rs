//! Callers by gRPC that find whom to call by xDS, each with a library of others.
//!
//! All do the same: a hundred calls a second, and a line for each: who answered, or `!` and why not.

use std::{
    collections::BTreeMap,
    process::Command,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Buf;
use http::uri::PathAndQuery;
use tokio::{sync::oneshot, task::LocalSet};
use tonic::{
    Request, Response, Status,
    codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};
use tonic_xds::{BootstrapConfig, XdsChannelBuilder, XdsChannelConfig, XdsChannelGrpc, XdsUri};

use crate::{
    binary,
    eventually::{SOON, ensure, eventually},
    netloft::Netloft,
    process::Process,
};

/// Time between two calls.
const PACE: Duration = Duration::from_millis(10);

/// The libraries that callers can be had with here: all of them, or, where `CI` is not set, those
/// whose language is on this machine.
#[must_use]
pub fn libraries() -> Vec<Library> {
    let mut all = vec![Library::Core, Library::Tonic, Library::Go, Library::Node];
    if !binary::in_ci() {
        all.retain(|library| {
            let missing = library
                .programs()
                .iter()
                .find(|name| !binary::is_in_path(name));
            if let Some(name) = missing {
                eprintln!("left out: {library:?}, for there is no {name} in PATH");
            }
            missing.is_none()
        });
    }
    all
}

/// An implementation of gRPC's xDS client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Library {
    /// gRPC C-core, in Python.
    Core,
    /// grpc-go.
    Go,
    /// grpc-js-xds, in Node.js.
    Node,
    /// tonic-xds, in the test's own process.
    Tonic,
}

impl Library {
    /// What it needs of the machine that tests do not install.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Core | Self::Tonic => &[],
            Self::Go => &["go"],
            Self::Node => &["node", "npm"],
        }
    }
}

/// One that calls until it is dropped.
#[derive(Debug)]
pub struct Caller {
    name: String,
    calling: Calling,
}

#[derive(Debug)]
enum Calling {
    Process(Process),
    /// It ends when the sender is dropped.
    Thread(Arc<Mutex<String>>, #[expect(dead_code)] oneshot::Sender<()>),
}

impl Caller {
    /// Calls `target`, as `xds:///echo.shop`, with `library`; called `name` in `netloft ps`.
    ///
    /// # Panics
    /// When the library is not there and cannot be installed.
    pub async fn start(library: Library, name: &str, target: &str, netloft: &Netloft) -> Self {
        let mut words = vec!["grpc-bootstrap", "--id", name];
        if library == Library::Tonic {
            words.push("--tonic");
        }
        let bootstrap = netloft.cli(&words).await.must_succeed().stdout;
        let programs = binary::programs();
        let mut command = match library {
            Library::Core => {
                let mut python = Command::new(binary::python_grpc());
                python.arg(programs.join("caller.py"));
                python
            }
            Library::Go => Command::new(binary::go_caller()),
            Library::Node => {
                let mut node = Command::new("node");
                node.env("NODE_PATH", binary::node_grpc());
                node.arg(programs.join("caller.js"));
                node
            }
            Library::Tonic => {
                let said = Arc::new(Mutex::new(String::new()));
                let (stop, stopped) = oneshot::channel();
                let calling = call(bootstrap, target.to_owned(), Arc::clone(&said), stopped);
                std::thread::spawn(move || alone(calling));
                return Self {
                    name: name.to_owned(),
                    calling: Calling::Thread(said, stop),
                };
            }
        };
        command
            .env("GRPC_XDS_BOOTSTRAP_CONFIG", bootstrap)
            .arg(target);
        let log = netloft.folder().join(format!("{name}.log"));
        Self {
            name: name.to_owned(),
            calling: Calling::Process(Process::start(name, &mut command, &log)),
        }
    }

    /// What it is called in `netloft ps`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What became of each call so far.
    #[must_use]
    pub fn answers(&self) -> Vec<String> {
        let said = match &self.calling {
            Calling::Process(process) => process.log(),
            Calling::Thread(said, _) => said.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        };
        // What is behind the last line's end is still being written.
        let whole = said.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(ToOwned::to_owned).collect()
    }

    /// What became of the next `count` calls, counted by answer.
    pub async fn next(&self, count: usize) -> BTreeMap<String, usize> {
        let from = self.answers().len();
        let what = format!("{} calls {count} times", self.name);
        let answers = eventually(&what, SOON, || async {
            let answers = self.answers();
            let there = answers.len() >= from + count;
            ensure(there, answers.len().to_string()).map(|()| answers)
        })
        .await;
        let mut counted = BTreeMap::new();
        for answer in answers.into_iter().skip(from).take(count) {
            *counted.entry(answer).or_default() += 1;
        }
        counted
    }

    /// Waits until the newest answers are all of `names`, and each of them is among them.
    pub async fn hears(&self, names: &[&str]) {
        let what = format!("{} hears {names:?} and nobody else", self.name);
        eventually(&what, SOON, || async {
            let answers = self.answers();
            let newest = answers
                .get(answers.len().saturating_sub(40)..)
                .unwrap_or_default();
            let all = newest.iter().all(|answer| names.contains(&&**answer));
            let each = names.iter().all(|name| newest.iter().any(|it| it == name));
            ensure(all && each && newest.len() == 40, format!("{newest:?}"))
        })
        .await;
    }

    /// The calls that failed, each with its words.
    #[must_use]
    pub fn failed(&self) -> Vec<String> {
        let answers = self.answers();
        answers
            .into_iter()
            .filter(|answer| answer.starts_with('!'))
            .collect()
    }
}

/// Runs `calling`, whose futures cannot be sent: tonic-xds' are so for the compiler.
fn alone(calling: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    LocalSet::new().block_on(&runtime, calling);
}

/// Calls with tonic-xds.
async fn call(
    bootstrap: String,
    target: String,
    said: Arc<Mutex<String>>,
    mut stopped: oneshot::Receiver<()>,
) {
    let bootstrap = BootstrapConfig::from_json(&bootstrap).expect("it is a bootstrap");
    let target = XdsUri::parse(&target).expect("it is a target");
    let config = XdsChannelConfig::new(target).with_bootstrap(bootstrap);
    let channel = XdsChannelBuilder::new(config)
        .build_grpc_channel()
        .expect("a channel opens nothing yet");
    let mut due = tokio::time::interval(PACE);
    loop {
        tokio::select! {
            _ = due.tick() => {}
            _ = &mut stopped => return,
        }
        let (channel, said) = (channel.clone(), Arc::clone(&said));
        tokio::task::spawn_local(async move {
            let answer = who(channel).await;
            let line = match answer {
                Ok(answer) => String::from_utf8_lossy(answer.get_ref()).into_owned(),
                Err(status) => format!("! {:?} {}", status.code(), status.message()),
            };
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.push_str(&line);
            said.push('\n');
        });
    }
}

async fn who(channel: XdsChannelGrpc) -> Result<Response<Vec<u8>>, Status> {
    let mut client = tonic::client::Grpc::new(channel);
    let ready = client.ready().await;
    ready.map_err(|error| Status::unavailable(error.to_string()))?;
    let mut request = Request::new(Vec::new());
    request.set_timeout(Duration::from_secs(5));
    let path = PathAndQuery::from_static("/test.Echo/Who");
    client.unary(request, path, AsItIs).await
}

/// A codec of bytes.
#[derive(Debug, Clone, Copy)]
struct AsItIs;

impl Codec for AsItIs {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for AsItIs {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes::BufMut::put_slice(buffer, &item);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}

impl Decoder for AsItIs {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let length = buffer.remaining();
        Ok(Some(buffer.copy_to_bytes(length).to_vec()))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}

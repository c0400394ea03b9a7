//! gRPC's own xDS clients in other languages: their libraries are installed into `target/tools`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    alone,
    install::{environment, run},
    root, tools_dir,
};

/// C-core, in the library of Python.
const GRPCIO: &str = "grpcio==1.85.1";

/// The library of Node.js.
const GRPC_JS: [&str; 2] = ["@grpc/grpc-js@1.14.7", "@grpc/grpc-js-xds@1.14.1"];

/// The folder of the programs that call.
#[must_use]
pub fn programs() -> PathBuf {
    root().join("integration/clients/grpc")
}

/// A Python that has `grpcio`.
///
/// # Panics
/// When it cannot be installed.
#[must_use]
pub fn python_grpc() -> PathBuf {
    let home = tools_dir().join("python-grpc");
    let python = home.join("bin/python");
    let check = |python: &Path| run(Command::new(python).args(["-c", "import grpc"]));
    let installed = alone("python-grpc", || {
        if check(&python).is_ok() {
            return Ok(());
        }
        environment(&home)?;
        run(Command::new(home.join("bin/pip")).args(["install", "--quiet", GRPCIO]))?;
        check(&python)
    });
    installed.unwrap_or_else(|why: String| panic!("no {GRPCIO} to test with.\n{why}"));
    python
}

/// The folder `node_modules` that has `@grpc/grpc-js-xds`.
///
/// # Panics
/// When it cannot be installed, or there is no Node.js.
#[must_use]
pub fn node_grpc() -> PathBuf {
    let home = tools_dir().join("node-grpc");
    let modules = home.join("node_modules");
    let check = || {
        let mut node = Command::new("node");
        node.args(["-e", "require('@grpc/grpc-js-xds')"]);
        run(node.env("NODE_PATH", &modules))
    };
    let installed = alone("node-grpc", || {
        if check().is_ok() {
            return Ok(());
        }
        fs::create_dir_all(&home).map_err(|error| error.to_string())?;
        let mut npm = Command::new("npm");
        npm.args([
            "install",
            "--silent",
            "--no-save",
            "--ignore-scripts",
            "--prefix",
        ]);
        run(npm.arg(&home).args(GRPC_JS))?;
        check()
    });
    installed.unwrap_or_else(|why: String| {
        panic!(
            "no {} to test with (needs node and npm).\n{why}",
            GRPC_JS[1]
        )
    });
    modules
}

/// The caller written in Go, built.
///
/// # Panics
/// When it cannot be built, or there is no Go.
#[must_use]
pub fn go_caller() -> PathBuf {
    let binary = tools_dir().join("grpc-caller-go");
    let built = alone("grpc-caller-go", || {
        let mut go = Command::new("go");
        go.current_dir(programs().join("caller-go"));
        // The toolchain that is there, and the versions that are written down.
        go.env("GOTOOLCHAIN", "local")
            .env("GOFLAGS", "-mod=readonly");
        run(go.args(["build", "-o"]).arg(&binary).arg("."))
    });
    built.unwrap_or_else(|why| panic!("no caller in Go to test with (needs go).\n{why}"));
    binary
}

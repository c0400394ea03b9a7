//! Compiles Envoy's descriptors, for the feature `descriptors`; nothing without it.

#[cfg(feature = "descriptors")]
#[path = "build/descriptors.rs"]
mod descriptors;
#[cfg(feature = "descriptors")]
#[path = "build/package.rs"]
mod package;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=build");
    #[cfg(feature = "descriptors")]
    {
        let package = package::Package::find("envoy-types")?;
        let sources = package.folder.join("proto");
        println!("cargo:rerun-if-changed={}", sources.display());
        // What that package lacks of what Envoy reads.
        let own = std::path::Path::new("proto");
        println!("cargo:rerun-if-changed=proto");
        // Another version lies in another folder: the lock file tells when that is so.
        if let Some(lock) = package.lock_file {
            println!("cargo:rerun-if-changed={}", lock.display());
        }
        let out = std::env::var_os("OUT_DIR").ok_or("cargo sets no OUT_DIR")?;
        let out = std::path::PathBuf::from(out).join("envoy.descriptors");
        std::fs::write(out, descriptors::compile(&[&sources, own])?)?;
    }
    Ok(())
}

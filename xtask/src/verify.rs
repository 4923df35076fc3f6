//! What must hold for a linked kernel, whatever the compiler was told.

use crate::error::Error;
use crate::stamp::Inputs;
use regex::Regex;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// What a disassembly showed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Findings {
    /// Instructions that use memory below the stack pointer, where interrupts write.
    red_zone: Vec<String>,
    /// Integer dot products on vectors.
    byte_dot_products: usize,
    /// Multiplications on vectors of floats: hard float.
    float_vector_multiplications: usize,
    /// Calls of the functions that stand in for float instructions.
    soft_float_calls: usize,
    /// Functions of the arithmetic crate, or inlined parts with their names.
    has_arithmetic: bool,
}

/// Checks the kernel at `path`, unless it is the one that was checked last.
pub fn kernel(path: &Path) -> Result<(), Error> {
    let mut inputs = Inputs::default();
    inputs.file(path)?;
    if inputs.made(path) {
        return Ok(());
    }
    let bad = |reason| Err(Error::BadFile { path: path.into(), reason });
    let findings = disassemble(path)?;
    if let Some(instruction) = findings.red_zone.first() {
        return bad(format!(
            "{} instructions use the red zone, as `{instruction}`",
            findings.red_zone.len()
        ));
    }
    if findings.has_arithmetic && findings.byte_dot_products == 0 {
        return bad("no vpmaddubsw: the AVX2 integer arithmetic is not linked in".to_owned());
    }
    if findings.has_arithmetic && findings.float_vector_multiplications == 0
        || findings.soft_float_calls > 0
    {
        return bad("it was compiled for soft float".to_owned());
    }
    inputs.remember(path)
}

fn disassemble(path: &Path) -> Result<Findings, Error> {
    let failed = |outcome: String| Error::Command { command: "objdump -d".to_owned(), outcome };
    let mut child = Command::new("objdump")
        .args(["-d", "--no-show-raw-insn"])
        .arg(path)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("could not be started: {error}")))?;
    let output = child.stdout.take().expect("it was piped");
    let findings = examine(BufReader::new(output));
    let status = child.wait().map_err(Error::io("cannot wait for objdump"))?;
    match status.success() {
        true => findings,
        false => Err(failed(format!("failed ({status})"))),
    }
}

fn examine(listing: impl BufRead) -> Result<Findings, Error> {
    // `lea` computes an address and touches nothing.
    let red_zone = Regex::new(r"-0x[0-9a-f]+\(%rsp").expect("a constant");
    let mut findings = Findings::default();
    for line in listing.lines() {
        let line = line.map_err(Error::io("cannot read the disassembly"))?;
        findings.has_arithmetic |= line.contains("llm_tensor");
        let Some((_, instruction)) = line.split_once(":\t") else { continue };
        if red_zone.is_match(instruction) && !instruction.starts_with("lea") {
            findings.red_zone.push(instruction.trim().to_owned());
        }
        findings.byte_dot_products += usize::from(instruction.starts_with("vpmaddubsw"));
        let is_multiplication =
            ["mulps", "vmulps", "vfmadd"].iter().any(|name| instruction.starts_with(name));
        findings.float_vector_multiplications += usize::from(is_multiplication);
        findings.soft_float_calls += usize::from(instruction.contains("<__mulsf3>"));
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_red_zone_and_vector_instructions_in_a_listing() {
        let listing = "\
ffffffff80000000 <_ZN10llm_tensor3dot17h0E>:\n\
ffffffff80000000:\tmov    %rax,-0x8(%rsp)\n\
ffffffff80000005:\tlea    -0x80(%rsp),%rsp\n\
ffffffff8000000a:\tmov    %rax,0x8(%rsp)\n\
ffffffff8000000f:\tvpmaddubsw %ymm0,%ymm1,%ymm2\n\
ffffffff80000014:\tvfmadd231ps %ymm0,%ymm1,%ymm2\n\
ffffffff80000019:\tcall   ffffffff80001000 <__mulsf3>\n";
        let findings = examine(listing.as_bytes()).unwrap();
        assert_eq!(findings.red_zone, ["mov    %rax,-0x8(%rsp)"]);
        assert_eq!((findings.byte_dot_products, findings.float_vector_multiplications), (1, 1));
        assert_eq!(findings.soft_float_calls, 1);
        assert!(findings.has_arithmetic);
    }
}

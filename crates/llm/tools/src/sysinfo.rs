//! `sysinfo`: what the machine is and how it does.

use crate::{
    Example, ReadingContext, Tool, ToolContext, ToolFuture, ToolOutput,
    measure::{bytes, duration},
    schema::object,
    tool::done,
};
use alloc::{format, vec, vec::Vec};
use serde_json::{Value, json};

/// Returns CPU, memory, uptime and boot loader of this machine.
pub struct SysInfo {
    schema: Value,
}

impl SysInfo {
    /// The tool.
    pub fn new() -> Self {
        Self { schema: object(&[]) }
    }
}

impl Default for SysInfo {
    fn default() -> Self {
        Self::new()
    }
}

impl Tool for SysInfo {
    fn name(&self) -> &str {
        "sysinfo"
    }

    fn description(&self) -> &str {
        "Returns CPU, memory, uptime and boot loader of this machine."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example { request: "How much memory is free?", arguments: r#"{}"# },
            Example { request: "What CPU is this?", arguments: r#"{}"# },
        ]
    }

    fn readings(&self, _request: &str, _context: &ReadingContext) -> Vec<Value> {
        vec![json!({})]
    }

    fn call<'a>(&'a self, _arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        let machine = context.machine;
        let (memory, cpus) = (machine.memory(), machine.cpus());
        done(Ok(ToolOutput::new(format!(
            "cpu: {}; {} of {} CPUs online; memory: {} used, {} free of {}; uptime: {}; boot: {}",
            machine.cpu_description(),
            cpus.iter().filter(|cpu| cpu.is_online).count(),
            cpus.len(),
            bytes(memory.used),
            bytes(memory.free),
            bytes(memory.total),
            duration(machine.uptime_ns()),
            machine.boot_description(),
        ))))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, TestMachine};
    use serde_json::json;

    #[test]
    fn tells_the_facts_of_the_machine() {
        let mut bench = Bench::new(TestMachine { uptime_ns: 61_000_000_000, date_time: None });
        assert_eq!(
            bench.call("sysinfo", json!({})).unwrap(),
            "cpu: Test CPU, AVX2; 1 of 2 CPUs online; memory: 182 MiB used, 842 MiB free of 1 GiB; \
             uptime: 1 min 1 s; boot: a test"
        );
    }
}

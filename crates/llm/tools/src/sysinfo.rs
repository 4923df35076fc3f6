//! `sysinfo`: what the machine is and how it does.

use crate::{
    Example, ReadingContext, Tool, ToolContext, ToolFuture, ToolOutput,
    measure::{bytes, duration},
    schema::{Argument, ArgumentType, object},
    tool::done,
};
use alloc::{format, string::String, vec, vec::Vec};
use serde_json::{Value, json};
use system_platform::Machine;

/// Returns CPU, memory, uptime and boot loader of this machine, or one of them.
pub struct SysInfo {
    schema: Value,
}

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Topic {
    Memory,
    Cpu,
    Uptime,
    Boot,
}

impl Topic {
    const ALL: [Self; 4] = [Self::Memory, Self::Cpu, Self::Uptime, Self::Boot];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpu => "cpu",
            Self::Uptime => "uptime",
            Self::Boot => "boot",
        }
    }

    /// Words of a request that ask for it.
    const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Memory => {
                &["memory", "ram", "mem", "mb", "gb", "mib", "gib", "gigabytes", "megabytes"]
            }
            Self::Cpu => {
                &["cpu", "cpus", "processor", "processors", "core", "cores", "avx", "avx2", "simd"]
            }
            Self::Uptime => &["uptime", "up", "running", "switched", "awake", "powered"],
            Self::Boot => &["boot", "booted", "bootloader", "loader", "firmware", "bios", "uefi"],
        }
    }

    fn statement(self, machine: &dyn Machine) -> String {
        match self {
            Self::Memory => {
                let memory = machine.memory();
                let [free, total, used] = [memory.free, memory.total, memory.used].map(bytes);
                format!("{free} of {total} memory are free, {used} are in use.")
            }
            Self::Cpu => {
                let cpus = machine.cpus();
                let online = cpus.iter().filter(|cpu| cpu.is_online).count();
                format!(
                    "{online} of {} CPUs are online: {}.",
                    cpus.len(),
                    machine.cpu_description()
                )
            }
            Self::Uptime => {
                format!("The machine has been up for {}.", duration(machine.uptime_ns()))
            }
            Self::Boot => format!("It was booted by {}.", machine.boot_description()),
        }
    }
}

impl SysInfo {
    /// The tool.
    pub fn new() -> Self {
        Self {
            schema: object(&[Argument::optional(
                "about",
                ArgumentType::String,
                "memory, cpu, uptime or boot",
            )]),
        }
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
            Example { request: "How much memory is free?", arguments: r#"{"about": "memory"}"# },
            Example { request: "What CPU is this?", arguments: r#"{"about": "cpu"}"# },
            Example { request: "How is the machine doing?", arguments: r#"{}"# },
        ]
    }

    fn readings(&self, request: &str, _context: &ReadingContext) -> Vec<Value> {
        let request = request.to_lowercase();
        let words: Vec<&str> = request.split(|c: char| !c.is_alphanumeric()).collect();
        let is_asked = |topic: &Topic| topic.words().iter().any(|word| words.contains(word));
        let mut asked = Topic::ALL.into_iter().filter(is_asked);
        match (asked.next(), asked.next()) {
            (Some(topic), None) => vec![json!({"about": topic.as_str()})],
            _ => vec![json!({})],
        }
    }

    fn call<'a>(&'a self, arguments: &'a Value, context: ToolContext<'a>) -> ToolFuture<'a> {
        let about = arguments["about"].as_str();
        let topic = Topic::ALL.into_iter().find(|topic| Some(topic.as_str()) == about);
        let topics = topic.map_or(Topic::ALL.to_vec(), |topic| vec![topic]);
        let statements: Vec<String> =
            topics.into_iter().map(|topic| topic.statement(context.machine)).collect();
        done(Ok(ToolOutput::new(statements.join(" "))))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, TestMachine};
    use serde_json::json;

    #[test]
    fn tells_the_facts_of_the_machine() {
        let mut bench = Bench::new(TestMachine { uptime_ns: 61_000_000_000, date_time: None });
        let all = bench.call("sysinfo", json!({})).unwrap();
        assert_eq!(
            all,
            "842 MiB of 1 GiB memory are free, 182 MiB are in use. 1 of 2 CPUs are online: Test CPU, \
             AVX2. The machine has been up for 1 min 1 s. It was booted by a test."
        );
        let one = bench.call("sysinfo", json!({"about": "uptime"})).unwrap();
        assert_eq!(one, "The machine has been up for 1 min 1 s.");
    }
}

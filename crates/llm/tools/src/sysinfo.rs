//! `sysinfo`: what the machine is and how it does, and how much room its disk has.

use crate::{
    Example, ReadingContext, Tool, ToolContext, ToolError, ToolFuture, ToolOutput,
    facility::Room,
    measure::{bytes, duration},
    schema::{Argument, ArgumentType, object},
};
use alloc::{boxed::Box, format, string::String, vec, vec::Vec};
use serde_json::{Value, json};

/// Returns CPU, memory, disk, uptime and boot loader of this machine, or one of them.
pub struct SysInfo {
    schema: Value,
}

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Topic {
    Memory,
    Disk,
    Cpu,
    Uptime,
    Boot,
}

impl Topic {
    const ALL: [Self; 5] = [Self::Memory, Self::Disk, Self::Cpu, Self::Uptime, Self::Boot];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Disk => "disk",
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
            Self::Disk => &["disk", "disks", "drive", "storage", "ssd", "nvme"],
            Self::Cpu => {
                &["cpu", "cpus", "processor", "processors", "core", "cores", "avx", "avx2", "simd"]
            }
            Self::Uptime => &["uptime", "up", "running", "switched", "awake", "powered"],
            Self::Boot => &["boot", "booted", "bootloader", "loader", "firmware", "bios", "uefi"],
        }
    }

    async fn statement(self, context: &ToolContext<'_>) -> Result<String, ToolError> {
        let machine = context.machine;
        Ok(match self {
            Self::Disk => match context.files {
                None => "There is no disk with files.".into(),
                Some(files) => {
                    let Room { total_bytes, free_bytes } = files.room().await?;
                    let [free, total] = [free_bytes, total_bytes].map(bytes);
                    format!("{free} of {total} are free for files on the disk.")
                }
            },
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
        })
    }
}

impl SysInfo {
    /// The tool.
    pub fn new() -> Self {
        Self {
            schema: object(&[Argument::optional(
                "about",
                ArgumentType::String,
                "memory, disk, cpu, uptime or boot",
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
        "Returns CPU, memory, disk, uptime and boot loader of this machine."
    }

    fn schema(&self) -> &Value {
        &self.schema
    }

    fn examples(&self) -> &[Example] {
        &[
            Example { request: "How much memory is free?", arguments: r#"{"about": "memory"}"# },
            Example { request: "How much disk space is left?", arguments: r#"{"about": "disk"}"# },
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
        let is_there = |topic: &Topic| *topic != Topic::Disk || context.files.is_some();
        let all = || Topic::ALL.into_iter().filter(is_there).collect();
        let topics: Vec<Topic> = topic.map_or_else(all, |topic| vec![topic]);
        Box::pin(async move {
            let mut statements = Vec::new();
            for topic in topics {
                statements.push(topic.statement(&context).await?);
            }
            Ok(ToolOutput::new(statements.join(" ")))
        })
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
        let disk = json!({"about": "disk"});
        assert_eq!(bench.call("sysinfo", disk.clone()).unwrap(), "There is no disk with files.");
        let mut bench = Bench::complete();
        let room = bench.call("sysinfo", disk).unwrap();
        assert_eq!(room, "63.9 MiB of 64 MiB are free for files on the disk.");
        assert_eq!(
            bench.readings("sysinfo", "how much space is left on the disk?"),
            [json!({"about": "disk"})]
        );
    }
}

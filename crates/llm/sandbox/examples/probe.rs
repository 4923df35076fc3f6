use llm_sandbox::{Host, Limits, rhai};
use peak_alloc::PeakAlloc;
use std::{ops::ControlFlow, rc::Rc};
#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;
struct Meter;
impl Host for Meter {
    fn watch(&self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
    fn allocated_bytes(&self) -> u64 {
        HEAP.current_usage() as u64
    }
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let kib: usize = args[1].parse().unwrap();
    let source = args[2].clone();
    std::thread::Builder::new()
        .stack_size(kib * 1024)
        .spawn(move || {
            let limits = Limits { stack_bytes: (kib - 48) * 1024, ..Limits::default() };
            for _ in 0..2 {
                let before = HEAP.current_usage();
                HEAP.reset_peak_usage();
                let start = std::time::Instant::now();
                let result = rhai::run(&source, &limits, Rc::new(Meter));
                let t = start.elapsed();
                let text = format!("{result:?}");
                drop(result);
                println!(
                    "{} {t:?} peak {} KiB left {}",
                    &text[..text.len().min(300)],
                    (HEAP.peak_usage() - before) / 1024,
                    HEAP.current_usage() as i64 - before as i64
                );
            }
        })
        .unwrap()
        .join()
        .unwrap();
}

//! The serial ports: COM1 for people, COM2 for the event log. 115,200 baud, 8N1.
//!
//! Output goes into a ring, and from there into the UART's FIFO in bursts of 16 bytes whenever that
//! is empty: a task calls [`SerialPort::pump`] for it. Input comes by interrupt into another ring
//! (COM1 only). A port that is missing swallows its output.

use super::clock::KernelClock;
use crate::arch::port::Ports;
use core::sync::atomic::{AtomicBool, Ordering};
use spin::Mutex;
use system_core::{event::Event, ring::ByteRing};
use system_platform::{Clock, PortIo};
use uart_16550::{
    BaudRate, Config, Uart16550,
    backend::PioBackend,
    spec::{FIFO_SIZE, registers::IER},
};
use x86_64::instructions::interrupts::without_interrupts;

/// The console's port, and that of crash reports.
pub static COM1: SerialPort = SerialPort::new(0x3F8);
/// The event log's port.
pub static COM2: SerialPort = SerialPort::new(0x2F8);

const OUTPUT_BYTES: usize = 32 * 1024;
const INPUT_BYTES: usize = 4 * 1024;

/// Line status register, and its bit for an empty output FIFO.
const LINE_STATUS: u16 = 5;
const OUTPUT_EMPTY: u8 = 1 << 5;
/// A FIFO that is not empty after such a time is stuck: at 115,200 baud 16 bytes take 1.4 ms.
const PATIENCE_NS: u64 = 200_000_000;

/// One UART.
pub struct SerialPort {
    base: u16,
    is_present: AtomicBool,
    /// Taken with interrupts off only: the receive interrupt takes it too.
    uart: Mutex<Option<Uart16550<PioBackend>>>,
    output: ByteRing<OUTPUT_BYTES>,
    output_waiting: Event,
    input: ByteRing<INPUT_BYTES>,
    input_arrived: Event,
    /// The queue was full, so the UART may hold more.
    is_input_held: AtomicBool,
}

impl SerialPort {
    const fn new(base: u16) -> Self {
        Self {
            base,
            is_present: AtomicBool::new(false),
            uart: Mutex::new(None),
            output: ByteRing::new(),
            output_waiting: Event::new(),
            input: ByteRing::new(),
            input_arrived: Event::new(),
            is_input_held: AtomicBool::new(false),
        }
    }

    /// Looks for the UART and sets it up; returns whether it is there.
    pub fn init(&self, receives: bool) -> bool {
        // SAFETY: the address is that of a standard PC serial port, and this value, of which there
        // is one for each port, is its only driver.
        let Ok(mut uart) = (unsafe { Uart16550::new_port(self.base) }) else {
            return false;
        };
        let interrupts = if receives { IER::DATA_READY } else { IER::empty() };
        let config = Config { baud_rate: BaudRate::Baud115200, interrupts, ..Config::DEFAULT };
        // Fails when the scratch register does not keep what is written: nothing is there.
        if uart.init(config).is_err() {
            return false;
        }
        without_interrupts(|| *self.uart.lock() = Some(uart));
        self.is_present.store(true, Ordering::Release);
        // Firmware writes to serial ports too, and may have left a line without an end.
        self.write(b"\r\n");
        true
    }

    /// Whether there is a UART.
    pub fn is_present(&self) -> bool {
        self.is_present.load(Ordering::Acquire)
    }

    /// Queues bytes for sending. Where the queue is full, sends its oldest bytes first, which takes
    /// 87 microseconds a byte on real hardware. For the tasks of the boot CPU and its breakpoint
    /// handler.
    pub fn write(&self, bytes: &[u8]) {
        if !self.is_present() {
            return;
        }
        for byte in bytes {
            if self.output.len() == OUTPUT_BYTES {
                self.drain(FIFO_SIZE);
            }
            self.output.push(*byte);
        }
        self.output_waiting.raise();
    }

    /// Bytes that wait to be sent.
    pub fn backlog_bytes(&self) -> usize {
        self.output.len()
    }

    /// Raised when there is output to pump.
    pub fn output_event(&self) -> &Event {
        &self.output_waiting
    }

    /// Moves waiting bytes into the UART, `max_bytes` or a burst more, as long as it takes them
    /// without waiting. Returns how many it took.
    pub fn pump(&self, max_bytes: usize) -> usize {
        let mut sent = 0;
        while sent < max_bytes {
            // Interrupts are off for one burst only, which takes an emulator 0.1 ms.
            match without_interrupts(|| self.send_burst()) {
                0 => break,
                len => sent += len,
            }
        }
        sent
    }

    /// Fills the UART's FIFO from the queue if it is empty; returns how many bytes it took.
    fn send_burst(&self) -> usize {
        let mut uart = self.uart.lock();
        let Some(uart) = uart.as_mut() else { return 0 };
        if self.output.is_empty() || uart.ready_to_send().is_err() {
            return 0;
        }
        let mut burst = [0; FIFO_SIZE];
        let wanted = if uart.fifo_enabled() { FIFO_SIZE } else { 1 };
        let len = self.take_output(&mut burst[..wanted]);
        // Ready means that the whole FIFO is empty, so it takes the burst whole.
        uart.send_bytes(&burst[..len])
    }

    fn take_output(&self, buffer: &mut [u8]) -> usize {
        let mut len = 0;
        while len < buffer.len()
            && let Some(byte) = self.output.pop()
        {
            buffer[len] = byte;
            len += 1;
        }
        len
    }

    /// Sends what waits and returns when it has left the queue.
    pub fn flush(&self) {
        self.drain(OUTPUT_BYTES);
    }

    /// Sends at least `wanted_bytes` of what waits, waiting for the UART. Where that is stuck, all
    /// that waits is dropped, so that the next wait is far away.
    fn drain(&self, wanted_bytes: usize) {
        let mut sent = 0;
        let mut last_progress_ns = KernelClock.now_ns();
        while sent < wanted_bytes && !self.output.is_empty() {
            let taken = self.pump(wanted_bytes - sent);
            sent += taken;
            let now_ns = KernelClock.now_ns();
            if taken > 0 {
                last_progress_ns = now_ns;
            } else if now_ns - last_progress_ns > PATIENCE_NS {
                while self.output.pop().is_some() {}
            }
            core::hint::spin_loop();
        }
    }

    /// The oldest received byte. For one task.
    pub fn read(&self) -> Option<u8> {
        let byte = self.input.pop();
        if byte.is_some() && self.is_input_held.swap(false, Ordering::Relaxed) {
            without_interrupts(|| self.receive_pending());
        }
        byte
    }

    /// Raised after bytes have arrived. For one task.
    pub fn input_event(&self) -> &Event {
        &self.input_arrived
    }

    /// Takes what the UART has received; its interrupt handler.
    pub fn receive_pending(&self) {
        // Never contended: the lock is held with interrupts off, on this CPU.
        let Some(mut uart) = self.uart.try_lock() else { return };
        let Some(uart) = uart.as_mut() else { return };
        // What does not fit stays in the UART, which holds the sender up where there is flow
        // control, as in an emulator; the reader fetches it.
        while self.input.len() < INPUT_BYTES {
            let Ok(byte) = uart.try_receive_byte() else { break };
            self.input.push(byte);
        }
        self.is_input_held.store(self.input.len() == INPUT_BYTES, Ordering::Relaxed);
        self.input_arrived.raise();
    }

    /// A writer for crash reports: takes no lock, sends at once, and first what still waited.
    pub fn crash_writer(&self) -> CrashWriter<'_> {
        let mut writer = CrashWriter { port: self, is_stuck: !self.is_present() };
        while let Some(byte) = self.output.pop() {
            writer.send(byte);
        }
        writer
    }
}

/// See [`SerialPort::crash_writer`].
pub struct CrashWriter<'a> {
    port: &'a SerialPort,
    is_stuck: bool,
}

impl CrashWriter<'_> {
    fn send(&mut self, byte: u8) {
        let deadline_ns = KernelClock.now_ns() + PATIENCE_NS;
        while !self.is_stuck && Ports.read_u8(self.port.base + LINE_STATUS) & OUTPUT_EMPTY == 0 {
            self.is_stuck = KernelClock.now_ns() > deadline_ns;
        }
        if !self.is_stuck {
            Ports.write_u8(self.port.base, byte);
        }
    }
}

impl core::fmt::Write for CrashWriter<'_> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        for byte in text.bytes() {
            self.send(byte);
        }
        Ok(())
    }
}

package badger

// logSize is the size that the engine gives a log, which it writes through a
// memory map. Behind the end of a file such a write ends the process.
const logSize = 2 * memTableSize

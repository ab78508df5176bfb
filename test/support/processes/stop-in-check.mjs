// Loaded before the check of a store: stops it (SIGSTOP) while it holds the store's write lock, where
// it makes the buffer that it then looks for room for.
const { alloc } = Buffer;
Buffer.alloc = (size, ...rest) => {
  if (size === 1_048_576) process.kill(process.pid, 'SIGSTOP');
  return alloc(size, ...rest);
};

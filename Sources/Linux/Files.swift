import CLinux

/// `stat(2)`: whether the path is a directory.
public func isDirectory(_ path: [UInt8]) throws(Errno) -> Bool {
  let answer = withCString(path) { cl_is_directory($0) }
  guard answer >= 0 else { throw Errno.last }
  return answer == 1
}

/// The bytes of a file, or nil when there are more than `limit` of them.
/// - Parameter onlyOrdinary: never waits for somebody at the other end: what is no regular file is an
///   error.
public func readFile(
  _ path: [UInt8], limit: Int, onlyOrdinary: Bool = false
) throws(Errno) -> [UInt8]? {
  let file =
    try onlyOrdinary ? .openWithoutWaiting(path) : FileDescriptor.openForReading(path)
  defer { file.close() }
  if onlyOrdinary, !file.isRegularFile { throw .invalid }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 8192)
  while true {
    var failure: Errno?
    let count = chunk.withUnsafeMutableBytes { buffer -> Int in
      do throws(Errno) {
        return try file.read(into: buffer)
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    if count == 0 { return bytes }
    bytes.append(contentsOf: chunk[..<count])
    if bytes.count > limit { return nil }
  }
}

/// What a C callback collects.
private final class Names {
  var list: [[UInt8]] = []
}

private func collect(
  _ call: (cl_name_callback, UnsafeMutableRawPointer) -> Int32
) throws(Errno) -> [[UInt8]] {
  let names = Names()
  let result = call(
    { name, context in
      guard let name, let context else { return }
      let names = Unmanaged<Names>.fromOpaque(context).takeUnretainedValue()
      names.list.append(bytes(of: name))
    }, Unmanaged.passUnretained(names).toOpaque())
  guard result == 0 else { throw Errno.last }
  return names.list
}

/// The names in a directory, `.` and `..` among them, in no order.
public func entries(of directory: [UInt8]) throws(Errno) -> [[UInt8]] {
  try collect { callback, context in
    withCString(directory) { cl_each_entry($0, callback, context) }
  }
}

/// The paths that match a pattern (`glob(7)`), in no order.
public func matches(of pattern: [UInt8]) -> [[UInt8]] {
  let paths = try? collect { callback, context in
    withCString(pattern) { cl_each_match($0, callback, context) }
    return 0
  }
  return paths ?? []
}

/// The bytes of a C string.
@inline(never)
public func bytes(of string: UnsafePointer<CChar>) -> [UInt8] {
  Array(UnsafeRawBufferPointer(start: string, count: strlen(string)))
}

/// The bytes of a literal.
func bytes(_ text: StaticString) -> [UInt8] {
  Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
}

/// A number that is not negative, in decimal digits.
func decimalText(_ number: Int32) -> [UInt8] {
  var digits: [UInt8] = []
  var rest = number.magnitude
  repeat {
    digits.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
    rest /= 10
  } while rest > 0
  return digits.reversed()
}

/// The environment that we were started with: `NAME=value` each.
public func inheritedEnvironment() -> [[UInt8]] {
  guard var entry = cl_environment() else { return [] }
  var list: [[UInt8]] = []
  while let string = entry.pointee {
    list.append(bytes(of: string))
    entry += 1
  }
  return list
}

public func hostName() -> [UInt8] {
  var buffer = [CChar](repeating: 0, count: 256)
  guard gethostname(&buffer, 255) == 0 else { return bytes("localhost") }
  return buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
}

public func changeDirectory(_ path: [UInt8]) throws(Errno) {
  guard withCString(path, { chdir($0) }) == 0 else { throw Errno.last }
}

public func removeFile(_ path: [UInt8]) throws(Errno) {
  guard withCString(path, { unlink($0) }) == 0 else { throw Errno.last }
}

public func setFileCreationMask(_ mask: UInt32) { cl_umask(mask) }

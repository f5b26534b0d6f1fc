import Basics
import Configuration
import Init
import Linux
import Reading

/// The real files, for the loader.
struct SystemSource: ConfigurationSource {
  func kind(of path: ByteString) -> PathKind {
    do throws(Errno) {
      return try isDirectory(path.bytes) ? .directory : .file
    } catch {
      return .missing(reason: ByteString(error.message))
    }
  }

  func read(_ path: ByteString, limit: Int) -> FileContents {
    do throws(Errno) {
      guard let bytes = try readFile(path.bytes, limit: limit, .regular) else { return .tooLarge }
      return .bytes(bytes)
    } catch {
      if error == .invalid { return .failed(reason: "it is no regular file") }
      return .failed(reason: ByteString(error.message))
    }
  }

  func entries(of directory: ByteString) -> DirectoryListing {
    do throws(Errno) {
      return .names(try Linux.entries(of: directory.bytes).map { ByteString($0) })
    } catch {
      return .failed(reason: ByteString(error.message))
    }
  }

  func matches(of pattern: ByteString) -> DirectoryListing {
    do throws(Errno) {
      return .names(try Linux.matches(of: pattern.bytes).map { ByteString($0) })
    } catch {
      if error == .tooLong { return .failed(reason: "it has more than 32 names with a wildcard") }
      return .failed(reason: ByteString(error.message))
    }
  }

  func hostIsKnown(_ host: ByteString) -> Bool { Linux.hostIsKnown(host.bytes) }

  func userIsKnown(_ user: ByteString) -> Bool { (try? lookUp(user)) != nil }

  func groupIsKnown(_ group: ByteString) -> Bool { (try? findGroup(group.bytes)) != nil }

  func accountNames(groups: Bool) -> [ByteString] {
    let path: ByteString = groups ? "/etc/group" : "/etc/passwd"
    let text = try? readFile(path.bytes, limit: 1 << 20, .regular)
    var names: [ByteString] = []
    for line in ByteString((text ?? nil) ?? []).split(at: UInt8(ascii: "\n")) {
      names.append(line.split(at: UInt8(ascii: ":"))[0])
    }
    return names
  }
}

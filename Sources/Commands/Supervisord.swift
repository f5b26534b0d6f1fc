import Basics
import Configuration
import Init
import Linux
import Reading

// Called as supervisord: its options, its places for the file, its exit codes. It stays in the
// foreground whether -n is given or not: as PID 1, going to the background would end the container.

func supervisord(_ words: [ByteString]) -> UInt8 {
  var path: ByteString?
  var overrides: [(key: ByteString, value: ByteString)] = []
  var reader = OptionReader(
    words, letters: "nshvktc:u:m:d:l:y:z:e:j:i:q:a:",
    names: """
      nodaemon n silent s help h version v nocleanup k strip_ansi t configuration: c user: u \
      umask: m directory: d logfile: l logfile_maxbytes: y logfile_backups: z loglevel: e \
      pidfile: j identifier: i childlogdir: q minfds: a minprocs: M
      """)
  options: while true {
    switch reader.next() {
    case .option(let letter, let value):
      switch letter {
      case UInt8(ascii: "h"):
        Output.print(supervisordUsage)
        return 0
      case UInt8(ascii: "v"):
        Output.print(supervisorVersion)
        return 0
      case UInt8(ascii: "n"): break
      case UInt8(ascii: "c"): path = value
      case UInt8(ascii: "s"), UInt8(ascii: "k"), UInt8(ascii: "t"):
        overrides.append((reader.name(of: letter), "true"))
      // The long names are those of the global options.
      default: overrides.append((reader.name(of: letter), value))
      }
    case .wrong(let what): return refuse(what.pythonText)
    case .end(let index):
      guard index < words.count else { break options }
      return refuse(message("positional arguments are not supported: {q}", words[index]))
    }
  }
  guard let file = path ?? supervisordPlaces.first(where: { isThere($0) }) else {
    var places = ByteString()
    for place in supervisordPlaces { places += (places.isEmpty ? "" : ", ") + place }
    return refuse(
      message(
        """
        No config file found at default paths ({}); use the -c option to specify a config file at \
        a different path
        """, places))
  }
  var request = RunRequest {
    var wanted = loadRequest([file])
    for one in overrides { wanted.overrides.append(one) }
    wanted.asSupervisor = true
    return load(wanted, from: SystemSource())
  }
  request.faultyStatus = 2
  return runPrograms(request)
}

/// The version of Supervisor whose behaviour this is: clients ask for it.
let supervisorVersion: Literal = "4.3.0"

private let supervisordPlaces: [ByteString] = [
  "supervisord.conf", "etc/supervisord.conf", "/etc/supervisord.conf",
  "/etc/supervisor/supervisord.conf",
]

private func isThere(_ path: ByteString) -> Bool { (try? isDirectory(path.bytes)) != nil }

private func refuse(_ what: ByteString) -> UInt8 {
  Output.print(
    message("Error: {}\nFor help, use supervisord -h", what), to: .standardError)
  return 2
}

private let supervisordUsage: Literal = """
  supervisord, as swinit has it: runs the programs of a Supervisor configuration.

  Usage: supervisord [options]

    -c, --configuration FILE    the configuration; else the first that is there of supervisord.conf
                                and etc/supervisord.conf here, /etc/supervisord.conf,
                                /etc/supervisor/supervisord.conf
    -u, --user USER             -m, --umask UMASK           -d, --directory DIRECTORY
    -l, --logfile FILE          -y, --logfile_maxbytes N    -z, --logfile_backups N
    -e, --loglevel LEVEL        -j, --pidfile FILE          -i, --identifier NAME
    -q, --childlogdir DIR       -a, --minfds N              --minprocs N
    -s, --silent                -t, --strip_ansi            -k, --nocleanup
                                as the options of these names in [supervisord], before them
    -n, --nodaemon              taken for granted: it stays in the foreground
    -h, --help                  -v, --version
  """

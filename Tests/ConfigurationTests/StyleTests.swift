import Foundation
import Testing

@testable import Basics
@testable import Checking
@testable import Configuration
@testable import Reading

/// Whole configurations in the styles that are found in images, written for these tests.
enum Styles {
  static let environment = [
    "HOME=/home/op", "PATH=/bin", "WORKERS=2", "RUN_QUEUE=true", "HEAP=64m",
  ]

  static let workers = """
    [supervisord]
    nodaemon=true
    user=root
    logfile=/dev/null
    pidfile=/run/supervisord.pid

    [program:queue]
    process_name=%(program_name)s_%(process_num)02d
    command=php /srv/app/artisan queue:work --sleep=3 --tries=3 --max-time=3600
    autostart=%(ENV_RUN_QUEUE)s
    autorestart=true
    stopasgroup=true
    killasgroup=true
    user=www-data
    numprocs=%(ENV_WORKERS)s
    redirect_stderr=true
    stdout_logfile=/dev/stdout
    stdout_logfile_maxbytes=0
    stopwaitsecs=3600

    [program:web]
    command=nginx -g 'daemon off;'
    priority=5
    stdout_logfile=/dev/stdout
    stdout_logfile_maxbytes=0
    stderr_logfile=/dev/stderr
    stderr_logfile_maxbytes=0
    stopsignal=QUIT

    """

  static let manyLines = """
    ; A service in Java
    [program:engine]
    command=/usr/bin/java
      -server
      -Xmx%(ENV_HEAP)s

      ; not now: -Xdebug
      -Dname="two words"
      -cp /srv/lib/*:/srv/etc org.example.Main run
    environment=
      LANG="C.UTF-8",
      JAVA_HOME="/usr/lib/jvm",
      OPTS="-a,-b"
    directory=/srv

    """

  static let comments =
    """
    [supervisord]              ; der Hauptabschnitt
    nodaemon=true              ; im Vordergrund bleiben – sonst endet der Container

    [program:бот]
    command=python3 -u bot.py  ; Запуск
    environment=LANG="ru_RU.UTF-8"   ; язык
    startsecs = 5              # Sekunden

    """

  static let windows =
    "[program:web]\r\ncommand=/usr/bin/web --port 80\r\nautostart: true\r\n"
    + "environment=A=\"1\",\r\n  B=\"2\"\r\n\r\n[program:job]\r\ncommand=/usr/bin/job\r\n"

  static let groups = """
    [group:back]
    programs=api,mail
    priority=50
    [program:api]
    command=/srv/api --name %(group_name)s.%(program_name)s
    [program:mail]
    command=/srv/mail
    exitcodes=0,2
    autorestart=unexpected
    [program:cron]
    command=cron -f
    [eventlistener:watch]
    command=/srv/watch
    events=PROCESS_STATE_FATAL,PROCESS_STATE_EXITED
    [unix_http_server]
    file=/run/supervisor.sock
    chmod=0700
    [supervisorctl]
    serverurl=unix:///run/supervisor.sock
    [rpcinterface:supervisor]
    supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

    """

  static let own = """
    [swinit]
    essential=exit
    stop_on=TERM,INT,RTMIN+3
    exit_on_signal=signal
    [program:db]
    command=postgres -D /data
    priority=1
    user=70:70
    stopsignal=INT
    stopwaitsecs=60
    essential=fatal
    [program:app]
    command=sh -c "migrate && exec app"
    restart_delay=0.5,60
    startretries=-1

    """

  static let all = [workers, manyLines, comments, windows, groups, own]
}

struct StyleTests {
  private func load(_ text: String) -> CheckResult {
    loading(text, environment: Styles.environment)
  }

  @Test func workers() throws {
    let result = load(Styles.workers)
    #expect(result.texts == [])
    #expect(result.programNames == ["queue:queue_00", "queue:queue_01", "web"])
    let web = try result.program("web")
    #expect(web.words == ["nginx", "-g", "daemon off;"])
    #expect(web.stdout.target == .containerStdout)
    #expect(web.stderr.target == .containerStderr)
    #expect(web.essential == Essential.none)
    let queue = try result.program("queue:queue_01")
    #expect(queue.stopwaitsecs == .seconds(3600))
    #expect(queue.redirectStderr)
    #expect(queue.user == "www-data")
    #expect(result.configuration.globals.stay)
  }

  @Test func manyLines() throws {
    let result = load(Styles.manyLines)
    #expect(result.texts == [])
    let engine = try result.program("engine")
    #expect(
      engine.words == [
        "/usr/bin/java", "-server", "-Xmx64m", "-Dname=two words", "-cp", "/srv/lib/*:/srv/etc",
        "org.example.Main", "run",
      ])
    #expect(engine.variables == ["LANG=C.UTF-8", "JAVA_HOME=/usr/lib/jvm", "OPTS=-a,-b"])
  }

  @Test func comments() throws {
    let result = load(Styles.comments)
    #expect(result.texts == [])
    let bot = try result.program("бот")
    #expect(bot.words == ["python3", "-u", "bot.py"])
    #expect(bot.variables == ["LANG=ru_RU.UTF-8"])
    #expect(bot.startsecs == .seconds(5))
  }

  @Test func windowsLineEnds() throws {
    let result = load(Styles.windows)
    #expect(result.texts == [])
    #expect(try result.program("web").words == ["/usr/bin/web", "--port", "80"])
    #expect(try result.program("web").variables == ["A=1", "B=2"])
  }

  @Test func groups() throws {
    let result = load(Styles.groups)
    #expect(result.errors == [])
    #expect(result.warnings.count == 2)
    #expect(result.programNames == ["back:api", "back:mail", "cron"])
    #expect(try result.program("back:api").words == ["/srv/api", "--name", "back.api"])
  }

  @Test func own() throws {
    let result = load(Styles.own)
    #expect(result.texts == [])
    #expect(try result.program("db").essential == .fatal)
    #expect(try result.program("app").essential == .exit)
    #expect(try result.program("app").startretries == -1)
    #expect(result.configuration.globals.exitOnSignal == .signal)
  }

  @Test func theOrderOfSectionsChangesNothing() {
    let parts = Styles.groups.components(separatedBy: "\n[").enumerated().map {
      $0.offset == 0 ? $0.element : "[" + $0.element
    }
    let forwards = load(parts.joined(separator: "\n"))
    let backwards = load(parts.reversed().joined(separator: "\n"))
    #expect(forwards.configuration == backwards.configuration)
    #expect(!forwards.configuration.programs.isEmpty)
  }
}

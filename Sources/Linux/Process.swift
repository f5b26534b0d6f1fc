import CLinux
public func getProcessID() -> Int32 { getpid() }

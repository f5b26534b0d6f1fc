/// Every option of every section, with type, default and meaning.
public func optionReference(markdown: Bool) -> [UInt8] { [] }

/// What `help NAME` says: the option of that name in each section that has one; nil when none has.
public func optionHelp(_ name: ByteString) -> [UInt8]? { nil }

/// The option whose name is most like `name`; nil when none is near.
public func nearestOption(_ name: ByteString) -> ByteString? { nil }

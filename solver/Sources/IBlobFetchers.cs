using Cairn.Cache.Refs;
using Cairn.Solver.Sessions;

namespace Cairn.Solver.Sources;

/// <summary>Makes the fetcher of lazy blobs for those who ask with the sessions of some builds.</summary>
public interface IBlobFetchers
{
    /// <summary>A fetcher that uses the credentials and layouts of these sessions. Cheap.</summary>
    IBlobFetcher For(ISessionGroup sessions);
}

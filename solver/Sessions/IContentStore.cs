namespace Cairn.Solver.Sessions;

/// <summary>A store of blobs at a client, to read from and to write to.</summary>
/// <remarks>Source: session.md, section 18.</remarks>
public interface IContentStore : IOciLayout, IBlobTarget;

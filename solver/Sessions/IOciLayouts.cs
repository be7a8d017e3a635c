namespace Cairn.Solver.Sessions;

/// <summary>The image layouts that a client offers.</summary>
public interface IOciLayouts
{
    /// <summary>The store of that name, without the prefix <c>oci:</c>; null if the client has none.</summary>
    IOciLayout? Find(string store);
}

using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Subrequests;

/// <summary>The frontend was asked something that it does not know.</summary>
/// <param name="name">What was asked.</param>
public sealed class UnknownSubrequestException(string name) : BuildException(ErrorKind.Input, "", "", $"unsupported request {name}")
{
    /// <summary>What was asked.</summary>
    public string Name { get; } = name;
}

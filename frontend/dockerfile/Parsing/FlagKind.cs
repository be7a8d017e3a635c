namespace Cairn.Frontend.Dockerfile.Parsing;

/// <summary>How a flag takes its value.</summary>
internal enum FlagKind
{
    Single,
    Repeatable,
    Switch,
}

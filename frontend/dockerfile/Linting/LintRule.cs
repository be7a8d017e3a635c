using System.Text.RegularExpressions;

namespace Cairn.Frontend.Dockerfile.Linting;

/// <summary>One thing that is checked beyond what makes a build fail.</summary>
internal sealed partial record LintRule(string Name, string Description, bool HasPage = true, bool IsExperimental = false)
{
    public static readonly LintRule StageNameCasing = new(nameof(StageNameCasing), "Stage names should be lowercase");
    public static readonly LintRule FromAsCasing = new(nameof(FromAsCasing), "The 'as' keyword should match the case of the 'from' keyword");
    public static readonly LintRule NoEmptyContinuation = new(nameof(NoEmptyContinuation), "Empty continuation lines will become errors in a future release");
    public static readonly LintRule ConsistentInstructionCasing = new(nameof(ConsistentInstructionCasing), "All commands within the Dockerfile should use the same casing (either upper or lower)");
    public static readonly LintRule DuplicateStageName = new(nameof(DuplicateStageName), "Stage names should be unique");
    public static readonly LintRule ReservedStageName = new(nameof(ReservedStageName), "Reserved words should not be used as stage names");
    public static readonly LintRule JsonArgsRecommended = new("JSONArgsRecommended", "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals");
    public static readonly LintRule MaintainerDeprecated = new(nameof(MaintainerDeprecated), "The MAINTAINER instruction is deprecated, use a label instead to define an image author");
    public static readonly LintRule UndefinedArgInFrom = new(nameof(UndefinedArgInFrom), "FROM command must use declared ARGs");
    public static readonly LintRule WorkdirRelativePath = new(nameof(WorkdirRelativePath), "Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes");
    public static readonly LintRule UndefinedVar = new(nameof(UndefinedVar), "Variables should be defined before their use");
    public static readonly LintRule MultipleInstructionsDisallowed = new(nameof(MultipleInstructionsDisallowed), "Multiple instructions of the same type should not be used in the same stage");
    public static readonly LintRule LegacyKeyValueFormat = new(nameof(LegacyKeyValueFormat), "Legacy key/value format with whitespace separator should not be used");
    public static readonly LintRule InvalidBaseImagePlatform = new(nameof(InvalidBaseImagePlatform), "Base image platform does not match expected target platform", HasPage: false);
    public static readonly LintRule RedundantTargetPlatform = new(nameof(RedundantTargetPlatform), "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior");
    public static readonly LintRule SecretsUsedInArgOrEnv = new(nameof(SecretsUsedInArgOrEnv), "Sensitive data should not be used in the ARG or ENV commands");
    public static readonly LintRule InvalidDefaultArgInFrom = new(nameof(InvalidDefaultArgInFrom), "Default value for global ARG results in an empty or invalid base image name");
    public static readonly LintRule FromPlatformFlagConstDisallowed = new(nameof(FromPlatformFlagConstDisallowed), "FROM --platform flag should not use a constant value");
    public static readonly LintRule CopyIgnoredFile = new(nameof(CopyIgnoredFile), "Attempting to Copy file that is excluded by .dockerignore");
    public static readonly LintRule InvalidDefinitionDescription = new(nameof(InvalidDefinitionDescription), "Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.", IsExperimental: true);
    public static readonly LintRule ExposeProtoCasing = new(nameof(ExposeProtoCasing), "Protocol in EXPOSE instruction should be lowercase");
    public static readonly LintRule ExposeInvalidFormat = new(nameof(ExposeInvalidFormat), "IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future release");

    /// <summary>The page that explains the rule; empty when there is none.</summary>
    public string Url => HasPage ? $"https://docs.docker.com/go/dockerfile/rule/{WordStart().Replace(Name, "-$0").ToLowerInvariant()}/" : "";

    [GeneratedRegex("(?<=[a-z])([A-Z])|(?<=[A-Z])([A-Z])(?=[a-z])", RegexOptions.CultureInvariant)]
    private static partial Regex WordStart();
}

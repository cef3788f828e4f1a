"""What a shopper likes, from what he looked at: events, profiles, recommendations. Off unless a user is named."""
